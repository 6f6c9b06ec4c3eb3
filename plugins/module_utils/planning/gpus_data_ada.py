# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GPU models of the Ada and Blackwell generations; gpus_data.py says what the figures are."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_rates import (
    BFLOAT16,
    FP4,
    FP8,
    INT8,
    PCIE_4,
    PCIE_5,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec

BLACKWELL = (
    GpuSpec(
        name="b200-sxm-180gb",
        names=("NVIDIA B200",),
        memory_mib=183359,
        multiprocessors=148,
        compute_capability=(10, 0),
        memory_bandwidth=8000e9,
        nvlink_bandwidth=900e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=((BFLOAT16, 2250e12), (FP8, 4500e12), (INT8, 4500e12), (FP4, 9000e12)),
        source="NVIDIA DGX B200 data sheet, divided by 8 GPUs",
    ),
    GpuSpec(
        name="gb200-186gb",
        names=("NVIDIA GB200",),
        memory_mib=189471,
        multiprocessors=152,
        compute_capability=(10, 0),
        memory_bandwidth=8000e9,
        nvlink_bandwidth=900e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=((BFLOAT16, 2500e12), (FP8, 5000e12), (INT8, 5000e12), (FP4, 10000e12)),
        source="NVIDIA GB200 NVL72 data sheet, divided by 72 GPUs",
    ),
    GpuSpec(
        name="rtx-pro-6000-server-96gb",
        names=("NVIDIA RTX PRO 6000 Blackwell Server Edition",),
        memory_mib=97887,
        multiprocessors=188,
        compute_capability=(12, 0),
        memory_bandwidth=1597e9,
        nvlink_bandwidth=0.0,
        pcie_bandwidth=PCIE_5,
        dense_flops=((BFLOAT16, 500e12), (FP8, 1000e12), (INT8, 1000e12), (FP4, 2000e12)),
        source="NVIDIA RTX PRO 6000 Blackwell Server Edition data sheet",
    ),
    GpuSpec(
        name="rtx-pro-6000-workstation-96gb",
        names=("NVIDIA RTX PRO 6000 Blackwell Workstation Edition",),
        memory_mib=97887,
        multiprocessors=188,
        compute_capability=(12, 0),
        memory_bandwidth=1792e9,
        nvlink_bandwidth=0.0,
        pcie_bandwidth=PCIE_5,
        dense_flops=((BFLOAT16, 503.8e12), (FP8, 1007.6e12), (INT8, 1007.6e12), (FP4, 2015.2e12)),
        source="NVIDIA RTX Blackwell PRO GPU architecture white paper",
    ),
)

ADA = (
    GpuSpec(
        name="l40s-48gb",
        names=("NVIDIA L40S",),
        memory_mib=46068,
        multiprocessors=142,
        compute_capability=(8, 9),
        memory_bandwidth=864e9,
        nvlink_bandwidth=0.0,
        pcie_bandwidth=PCIE_4,
        dense_flops=((BFLOAT16, 362e12), (FP8, 733e12), (INT8, 733e12)),
        source="NVIDIA L40S data sheet",
    ),
    GpuSpec(
        name="l4-24gb",
        names=("NVIDIA L4",),
        memory_mib=23034,
        multiprocessors=58,
        compute_capability=(8, 9),
        memory_bandwidth=300e9,
        nvlink_bandwidth=0.0,
        pcie_bandwidth=PCIE_4,
        dense_flops=((BFLOAT16, 121e12), (FP8, 242.5e12), (INT8, 242.5e12)),
        source="NVIDIA L4 Tensor Core GPU data sheet",
    ),
    GpuSpec(
        name="rtx-6000-ada-48gb",
        names=("NVIDIA RTX 6000 Ada Generation",),
        memory_mib=49140,
        multiprocessors=142,
        compute_capability=(8, 9),
        memory_bandwidth=960e9,
        nvlink_bandwidth=0.0,
        pcie_bandwidth=PCIE_4,
        dense_flops=((BFLOAT16, 364.2e12), (FP8, 728.5e12), (INT8, 728.5e12)),
        source="NVIDIA Ada GPU architecture white paper",
    ),
)
