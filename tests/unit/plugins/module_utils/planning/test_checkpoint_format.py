"""What config.json says of a checkpoint's number format."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint_format import (
    read_format,
)

NVFP4 = {"quant_method": "modelopt", "quant_algo": "NVFP4"}
BLOCKS = {"weight_block_size": [128, 128]}
AWQ = {"quant_method": "awq", "bits": 4, "group_size": 128}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (None, "bfloat16"),
        ({}, "bfloat16"),
        ({"quant_method": "fp8", **BLOCKS}, "fp8"),
        ({"quant_method": "blockwise_int8", **BLOCKS}, "int8-block"),
        ({"quant_method": "w8a8_int8"}, "int8-channel"),
        (AWQ, "awq"),
        ({"quant_method": "w4afp8"}, "w4afp8"),
        (NVFP4, "nvfp4"),
        ({"quant_method": "modelopt_fp4", "quant_algo": "NVFP4"}, "nvfp4"),
    ],
)
def test_the_method_of_a_checkpoint_names_its_format(settings: Any, expected: str) -> None:
    weight_format, faults = read_format("mine", {"quantization_config": settings})
    assert faults == ()
    assert weight_format is not None
    assert weight_format.name == expected


@pytest.mark.parametrize(("group", "size"), [(64, 0.5390625), (128, 0.51953125)])
def test_the_group_of_awq_sets_its_bytes_and_its_block(group: int, size: float) -> None:
    weight_format, _ = read_format("mine", {"quantization_config": {**AWQ, "group_size": group}})
    assert weight_format is not None
    assert weight_format.block == group
    assert weight_format.expert_bytes == size
    assert weight_format.linear_bytes == size
    assert weight_format.attention_bytes == size
    assert weight_format.other_bytes == 2.0


@pytest.mark.parametrize(
    ("settings", "key", "found", "needed"),
    [
        (
            {"quant_method": "gguf"},
            "quant_method",
            "gguf",
            "none, awq, blockwise_int8, fp8, modelopt, modelopt_fp4, w4afp8, w8a8_int8",
        ),
        ({"quant_method": "fp8"}, "weight_block_size", "None", "[128, 128]"),
        (
            {"quant_method": "fp8", "weight_block_size": [64, 64]},
            "weight_block_size",
            "[64, 64]",
            "[128, 128]",
        ),
        ({"quant_method": "blockwise_int8"}, "weight_block_size", "None", "[128, 128]"),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "quant_algo", "FP8", "NVFP4"),
        (
            {"quant_method": "awq", "bits": 8, "group_size": 64},
            "bits",
            "bits 8, group_size 64",
            "bits 4 and a group_size",
        ),
        (
            {"quant_method": "awq", "bits": 4, "group_size": -1},
            "bits",
            "bits 4, group_size -1",
            "bits 4 and a group_size",
        ),
        (
            {"quant_method": "awq", "bits": 4},
            "bits",
            "bits 4, group_size None",
            "bits 4 and a group_size",
        ),
    ],
)
def test_what_the_planner_cannot_size_is_refused(
    settings: dict[str, Any], key: str, found: str, needed: str
) -> None:
    weight_format, faults = read_format("mine", {"quantization_config": settings})
    assert weight_format is None
    assert [fault.line() for fault in faults] == [
        f"config.json of mine, quantization_config.{key}: unknown quantisation: found {found},"
        f" needed {needed}; use a checkpoint of one of these formats"
    ]
