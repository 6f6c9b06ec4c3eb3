# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the planner knows of a GPU model from its data sheet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GpuSpec:
    """One GPU model.

    C(names) are the names as NVML reports them. C(memory_mib) is the total that NVML reports, which
    is less than the data sheet's. C(memory_bandwidth) and C(nvlink_bandwidth) (one direction, all
    links of the GPU together; 0 without NVLink) are bytes/s, C(pcie_bandwidth) bytes/s in one
    direction. C(dense_flops) holds (number format, dense operations a second); a number format that
    is not in it has no matrix units. C(multiprocessors) is what CUDA reports as
    multiProcessorCount, 0 where there are none or nobody said.
    """

    name: str
    names: tuple[str, ...]
    memory_mib: int
    compute_capability: tuple[int, int]
    memory_bandwidth: float
    nvlink_bandwidth: float
    pcie_bandwidth: float
    dense_flops: tuple[tuple[str, float], ...]
    source: str
    multiprocessors: int = 0

    def flops(self, compute: str) -> float:
        """Dense operations a second in a number format, 0 where the GPU has no units for it."""
        return dict(self.dense_flops).get(compute, 0.0)
