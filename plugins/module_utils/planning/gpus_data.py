# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The GPU models that the planner knows, from NVIDIA's data sheets.

Data sheets give operations with 2:4 sparsity, except for A100 and A800; here are half of them,
without. They give NVLink and PCI Express as the sum of both directions; here is half of that.
C(memory_mib) is memory.total of nvidia-smi, which no data sheet has: recorded for the H100 (see
tests/fixtures/recorded), otherwise as public logs of nvidia-smi show it.

The NVLink figure of a PCIe card is that of its bridge, which joins two cards (four with H200 NVL).
Whether a host has one, its facts say (Node.nvlink).
"""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_rates import (
    BFLOAT16,
    FP8,
    INT8,
    PCIE_4,
    PCIE_5,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus_data_ada import (
    ADA,
    BLACKWELL,
)

_AMPERE = ((BFLOAT16, 312e12), (INT8, 624e12))
_HOPPER_SXM = ((BFLOAT16, 989.4e12), (FP8, 1978.9e12), (INT8, 1978.9e12))
_HOPPER_PCIE = ((BFLOAT16, 756e12), (FP8, 1513e12), (INT8, 1513e12))
_HOPPER_NVL = ((BFLOAT16, 835.5e12), (FP8, 1670.5e12), (INT8, 1670.5e12))
_H20 = ((BFLOAT16, 148e12), (FP8, 296e12), (INT8, 296e12))

AMPERE = (
    GpuSpec(
        name="a100-sxm-40gb",
        names=("NVIDIA A100-SXM4-40GB", "A100-SXM4-40GB"),
        memory_mib=40960,
        multiprocessors=108,
        compute_capability=(8, 0),
        memory_bandwidth=1555e9,
        nvlink_bandwidth=300e9,
        pcie_bandwidth=PCIE_4,
        dense_flops=_AMPERE,
        source="NVIDIA A100 Tensor Core GPU data sheet",
    ),
    GpuSpec(
        name="a100-sxm-80gb",
        names=("NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"),
        memory_mib=81920,
        multiprocessors=108,
        compute_capability=(8, 0),
        memory_bandwidth=2039e9,
        nvlink_bandwidth=300e9,
        pcie_bandwidth=PCIE_4,
        dense_flops=_AMPERE,
        source="NVIDIA A100 Tensor Core GPU data sheet",
    ),
    GpuSpec(
        name="a100-pcie-40gb",
        names=("NVIDIA A100-PCIE-40GB", "A100-PCIE-40GB"),
        memory_mib=40960,
        multiprocessors=108,
        compute_capability=(8, 0),
        memory_bandwidth=1555e9,
        nvlink_bandwidth=300e9,
        pcie_bandwidth=PCIE_4,
        dense_flops=_AMPERE,
        source="NVIDIA A100 Tensor Core GPU data sheet",
    ),
    GpuSpec(
        name="a100-pcie-80gb",
        names=("NVIDIA A100 80GB PCIe",),
        memory_mib=81920,
        multiprocessors=108,
        compute_capability=(8, 0),
        memory_bandwidth=1935e9,
        nvlink_bandwidth=300e9,
        pcie_bandwidth=PCIE_4,
        dense_flops=_AMPERE,
        source="NVIDIA A100 Tensor Core GPU data sheet",
    ),
    GpuSpec(
        name="a800-sxm-80gb",
        names=("NVIDIA A800-SXM4-80GB",),
        memory_mib=81920,
        multiprocessors=108,
        compute_capability=(8, 0),
        memory_bandwidth=2039e9,
        nvlink_bandwidth=200e9,
        pcie_bandwidth=PCIE_4,
        dense_flops=_AMPERE,
        source="NVIDIA A800 data sheet: the A100's, with NVLink of 400 GB/s",
    ),
    GpuSpec(
        name="a800-pcie-80gb",
        names=("NVIDIA A800 80GB PCIe",),
        memory_mib=81920,
        multiprocessors=108,
        compute_capability=(8, 0),
        memory_bandwidth=1935e9,
        nvlink_bandwidth=200e9,
        pcie_bandwidth=PCIE_4,
        dense_flops=_AMPERE,
        source="NVIDIA A800 data sheet: the A100's, with NVLink of 400 GB/s",
    ),
)

HOPPER = (
    GpuSpec(
        name="h100-sxm-80gb",
        names=("NVIDIA H100 80GB HBM3",),
        memory_mib=81559,
        multiprocessors=132,
        compute_capability=(9, 0),
        memory_bandwidth=3350e9,
        nvlink_bandwidth=450e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_HOPPER_SXM,
        source="NVIDIA H100 Tensor Core GPU architecture white paper",
    ),
    GpuSpec(
        name="h100-pcie-80gb",
        names=("NVIDIA H100 PCIe",),
        memory_mib=81559,
        multiprocessors=114,
        compute_capability=(9, 0),
        memory_bandwidth=2000e9,
        nvlink_bandwidth=300e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_HOPPER_PCIE,
        source="NVIDIA H100 PCIe product brief PB-11133",
    ),
    GpuSpec(
        name="h100-nvl-94gb",
        names=("NVIDIA H100 NVL",),
        memory_mib=95830,
        multiprocessors=132,
        compute_capability=(9, 0),
        memory_bandwidth=3938e9,
        nvlink_bandwidth=300e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_HOPPER_NVL,
        source="NVIDIA H100 NVL product brief PB-11773",
    ),
    GpuSpec(
        name="h800-sxm-80gb",
        names=("NVIDIA H800",),
        memory_mib=81559,
        multiprocessors=132,
        compute_capability=(9, 0),
        memory_bandwidth=3350e9,
        nvlink_bandwidth=200e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_HOPPER_SXM,
        source="NVIDIA H800 data sheet: the H100's, with NVLink of 400 GB/s",
    ),
    GpuSpec(
        name="h800-pcie-80gb",
        names=("NVIDIA H800 PCIe",),
        memory_mib=81559,
        multiprocessors=114,
        compute_capability=(9, 0),
        memory_bandwidth=2000e9,
        nvlink_bandwidth=200e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_HOPPER_PCIE,
        source="NVIDIA H800 data sheet: the H100's, with NVLink of 400 GB/s",
    ),
    GpuSpec(
        name="h200-sxm-141gb",
        names=("NVIDIA H200",),
        memory_mib=143771,
        multiprocessors=132,
        compute_capability=(9, 0),
        memory_bandwidth=4800e9,
        nvlink_bandwidth=450e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_HOPPER_SXM,
        source="NVIDIA H200 Tensor Core GPU data sheet",
    ),
    GpuSpec(
        name="h200-nvl-141gb",
        names=("NVIDIA H200 NVL",),
        memory_mib=143771,
        multiprocessors=132,
        compute_capability=(9, 0),
        memory_bandwidth=4800e9,
        nvlink_bandwidth=450e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_HOPPER_NVL,
        source="NVIDIA H200 Tensor Core GPU data sheet",
    ),
    GpuSpec(
        name="h20-96gb",
        names=("NVIDIA H20",),
        memory_mib=97871,
        multiprocessors=78,
        compute_capability=(9, 0),
        memory_bandwidth=4000e9,
        nvlink_bandwidth=450e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_H20,
        source="NVIDIA H20 data sheet, as resellers publish it (no page of NVIDIA is public)",
    ),
    GpuSpec(
        name="h20-141gb",
        names=("NVIDIA H20-3e",),
        memory_mib=143771,
        multiprocessors=78,
        compute_capability=(9, 0),
        memory_bandwidth=4800e9,
        nvlink_bandwidth=450e9,
        pcie_bandwidth=PCIE_5,
        dense_flops=_H20,
        source="resellers' data of the H20 141 GB: its memory is taken to be the H200's",
    ),
)

# The engine on a host without GPUs, as the lab has it. Nobody measured the lab's memory: its rates
# are one channel of DDR5-4800 (38.4 GB/s) and two cores of 2 GHz that multiply and add 16 float32
# at once (128e9 operations a second), so that the cost terms are finite and in the right order.
CPU = GpuSpec(
    name="cpu",
    names=(),
    memory_mib=0,
    compute_capability=(0, 0),
    memory_bandwidth=38.4e9,
    nvlink_bandwidth=0.0,
    pcie_bandwidth=PCIE_4,
    dense_flops=((BFLOAT16, 128e9),),
    source="nominal: one channel of DDR5-4800, two cores of 2 GHz with AVX-512",
)

ALL = (*AMPERE, *HOPPER, *BLACKWELL, *ADA, CPU)
