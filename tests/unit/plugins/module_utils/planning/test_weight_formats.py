"""Bytes a weight of each format, and what the engine must be told."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning import weight_formats
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
    published,
)


@pytest.mark.parametrize(
    ("weight_format", "expected"),
    [
        (BFLOAT16, (2.0, 2.0, 2.0)),
        (FP8, (1.000244140625, 1.000244140625, 1.000244140625)),
        (INT8_BLOCK, (1.000244140625, 1.000244140625, 1.000244140625)),
        (INT8_CHANNEL, (1.001, 1.001, 1.001)),
        (AWQ, (0.5390625, 0.5390625, 0.5390625)),
        (W4AFP8, (0.515625, 1.000244140625, 1.000244140625)),
        (NVFP4, (0.5625, 0.5625, 2.0)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_bytes_a_weight_of_experts_dense_matrices_and_attention(
    weight_format: WeightFormat, expected: tuple[float, float, float]
) -> None:
    assert (
        weight_format.expert_bytes,
        weight_format.linear_bytes,
        weight_format.attention_bytes,
    ) == expected
    assert weight_format.other_bytes == 2.0


@pytest.mark.parametrize(
    ("weight_format", "compute", "block", "arguments"),
    [
        (BFLOAT16, "bfloat16", 1, ()),
        (FP8, "fp8", 128, ()),
        (INT8_BLOCK, "int8", 128, ()),
        (INT8_CHANNEL, "int8", 1, ("--quantization", "w8a8_int8")),
        (AWQ, "bfloat16", 64, ("--quantization", "awq_marlin", "--dtype", "float16")),
        (W4AFP8, "fp8", 128, ()),
        (NVFP4, "fp4", 16, ()),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_number_format_block_and_arguments(
    weight_format: WeightFormat, compute: str, block: int, arguments: tuple[str, ...]
) -> None:
    assert (weight_format.compute, weight_format.block) == (compute, block)
    assert weight_format.arguments == arguments


def test_a_published_format_names_its_repository_and_where_the_size_comes_from() -> None:
    form = published(FP8, "deepseek-ai/DeepSeek-R1", 688_586_727_753, "of the index")
    assert form.repository == "deepseek-ai/DeepSeek-R1"
    assert form.checkpoint_bytes == 688_586_727_753
    assert form.source == "https://huggingface.co/deepseek-ai/DeepSeek-R1; size of the index"
    assert form.expert_bytes == FP8.expert_bytes


def test_a_larger_group_of_awq_has_fewer_scales() -> None:
    assert weight_formats.awq_bytes(128) == 0.51953125
