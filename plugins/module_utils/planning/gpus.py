# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find a GPU model by the name that NVML reports, or by the catalogue's own."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus_data import ALL

GPUS: Mapping[str, GpuSpec] = {gpu.name: gpu for gpu in ALL}
_BY_NAME: Mapping[str, GpuSpec] = {
    name.lower(): gpu for gpu in ALL for name in (gpu.name, *gpu.names)
}


def find_gpu(name: str) -> GpuSpec:
    """The GPU model of an NVML name or a catalogue name, whatever its case.

    V(cpu) is the engine on a host without GPUs. Raises InputError, with the nearest known name,
    when the catalogue does not have it.
    """
    if name.lower() in _BY_NAME:
        return _BY_NAME[name.lower()]
    fault = Fault(
        code="unknown_gpu",
        where="GPU",
        found=name,
        needed="a GPU model of the catalogue",
        fix=rename_fix(name.lower(), GPUS),
    )
    raise InputError("the GPU", [fault.line()])
