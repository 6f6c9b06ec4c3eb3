# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which weight formats run on which GPUs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    WeightFormat,
)

Capability = tuple[int, int]

ANY: Capability = (0, 0)
AMPERE: Capability = (8, 0)
ADA: Capability = (8, 9)
HOPPER: Capability = (9, 0)
BLACKWELL: Capability = (10, 0)
NEWEST: Capability = (99, 0)


@dataclass(frozen=True)
class Range:
    """Compute capabilities on which the engine's kernels of a format run, both ends included."""

    first: Capability
    last: Capability
    why: str


# By number format of the matrix units (WeightFormat.compute).
COMPUTE: Mapping[str, Range] = {
    # Each GPU of the catalogue has it, and the CPU engine too.
    "bfloat16": Range(ANY, NEWEST, "bfloat16 arithmetic"),
    # Below Ada only dense layers have a weight-only kernel; Fp8MoEMethod needs float8_e4m3fn
    # arithmetic, which Triton refuses there (fp8_utils.py and fp8.py of the catalogue's SGLang).
    "fp8": Range(ADA, NEWEST, "FP8 matrix units"),
    # BlockInt8Config.get_min_capability in blockwise_int8.py; its kernels are Triton's.
    "int8": Range(AMPERE, NEWEST, "INT8 matrix units"),
    # SGLang's page of DeepSeek-V3 lists NVFP4 for Blackwell only; the weight-only kernels for older
    # GPUs would read FP4 and compute in bfloat16.
    "fp4": Range(BLACKWELL, NEWEST, "FP4 matrix units"),
}
# By engine argument, where a kernel runs on fewer GPUs than its number format.
QUANTIZATION: Mapping[str, Range] = {
    # int8_scaled_mm of sgl-kernel (csrc/gemm/int8_gemm_kernel.cu) has no kernel above sm90.
    "w8a8_int8": Range(AMPERE, HOPPER, "an int8_scaled_mm kernel"),
    # W4AFp8Config.get_min_capability in w4afp8.py; the grouped GEMM of sgl-kernel
    # (csrc/moe/cutlass_moe/w4a8) is built for sm90 only.
    "w4afp8": Range(HOPPER, HOPPER, "a W4A8 grouped GEMM kernel"),
    # AWQMarlinConfig.get_min_capability in awq.py.
    "awq_marlin": Range(AMPERE, NEWEST, "an AWQ Marlin kernel"),
}


def format_fault(gpu: GpuSpec, weight_format: WeightFormat) -> Optional[Fault]:
    """Why the engine cannot run a weight format on a GPU, or None where it can."""
    for limits in _ranges(weight_format):
        span, own = _span(limits), _dotted(gpu.compute_capability)
        if not limits.first <= gpu.compute_capability <= limits.last:
            return Fault(
                code="format_not_for_gpu",
                where=f"{gpu.name}: weight format {weight_format.name}",
                found=f"compute capability {own}",
                needed=f"compute capability {span} for {limits.why}",
                fix="choose another weight format of the model, or other GPUs",
            )
    return None


def _ranges(weight_format: WeightFormat) -> tuple[Range, ...]:
    named = tuple(QUANTIZATION[name] for name in _names(weight_format) if name in QUANTIZATION)
    return (COMPUTE[weight_format.compute], *named)


def _names(weight_format: WeightFormat) -> tuple[str, ...]:
    return (weight_format.name.replace("-", "_"), *weight_format.arguments)


def _span(limits: Range) -> str:
    if limits.last == NEWEST:
        return f"{_dotted(limits.first)} or newer"
    if limits.first == limits.last:
        return _dotted(limits.first)
    return f"{_dotted(limits.first)} to {_dotted(limits.last)}"


def _dotted(capability: Capability) -> str:
    return f"{capability[0]}.{capability[1]}"
