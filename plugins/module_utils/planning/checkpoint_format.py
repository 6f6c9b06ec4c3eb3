# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The weight format of a checkpoint from its config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weight_formats import (
    AWQ,
    BFLOAT16,
    FP8,
    INT8_BLOCK,
    INT8_CHANNEL,
    NVFP4,
    W4AFP8,
    awq_bytes,
)

# By quant_method of quantization_config, as the engine registers them
# (layers/quantization/__init__.py); an empty name is a checkpoint without quantisation.
METHODS: Mapping[str, WeightFormat] = {
    "": BFLOAT16,
    "fp8": FP8,
    "blockwise_int8": INT8_BLOCK,
    "w8a8_int8": INT8_CHANNEL,
    "awq": AWQ,
    "w4afp8": W4AFP8,
    "modelopt": NVFP4,
    "modelopt_fp4": NVFP4,
}
_BLOCK = [128, 128]


def read_format(
    name: str, config: Mapping[str, Any]
) -> tuple[Optional[WeightFormat], tuple[Fault, ...]]:
    """The format with its size left out, or None and the fault of what is not known."""
    settings = config.get("quantization_config") or {}
    method = str(settings.get("quant_method", ""))
    if method not in METHODS:
        known = ", ".join(sorted(METHODS)[1:])
        return None, (_unknown(name, "quant_method", method, f"none, {known}"),)
    weight_format = METHODS[method]
    if weight_format in (FP8, INT8_BLOCK) and settings.get("weight_block_size") != _BLOCK:
        found = str(settings.get("weight_block_size"))
        return None, (_unknown(name, "weight_block_size", found, str(_BLOCK)),)
    if weight_format is NVFP4 and settings.get("quant_algo") != "NVFP4":
        found = str(settings.get("quant_algo"))
        return None, (_unknown(name, "quant_algo", found, "NVFP4"),)
    if weight_format is AWQ:
        return _awq(name, settings)
    return weight_format, ()


def _awq(
    name: str, settings: Mapping[str, Any]
) -> tuple[Optional[WeightFormat], tuple[Fault, ...]]:
    bits, group = settings.get("bits"), settings.get("group_size")
    if bits != 4 or not isinstance(group, int) or group < 1:
        found = f"bits {bits}, group_size {group}"
        return None, (_unknown(name, "bits", found, "bits 4 and a group_size"),)
    size = awq_bytes(group)
    sized = replace(AWQ, expert_bytes=size, linear_bytes=size, attention_bytes=size, block=group)
    return sized, ()


def _unknown(name: str, key: str, found: str, needed: str) -> Fault:
    return Fault(
        code="unknown_quantisation",
        where=f"config.json of {name}, quantization_config.{key}",
        found=found,
        needed=needed,
        fix="use a checkpoint of one of these formats",
    )
