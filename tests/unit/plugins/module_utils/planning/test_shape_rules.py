"""The layouts that a model's shape refuses, with the figure and the nearest size that would do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    MODELS,
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.shape_rules import (
    shape_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    stages_bytes,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.planning.model_samples import candidate

TIED_LLAMA = replace(find_model("smollm2-135m-instruct"), tied=True)


def lines(model: ModelSpec, weight_format: str, layout: Candidate) -> list[str]:
    return [
        fault.line() for fault in shape_faults(model, find_format(model, weight_format), layout)
    ]


@pytest.mark.parametrize(
    ("name", "weight_format", "layout"),
    [
        ("deepseek-r1", "fp8", candidate(8)),
        ("deepseek-r1", "fp8", candidate(16)),
        ("deepseek-r1", "fp8", candidate(8, 2)),
        ("deepseek-r1", "fp8", candidate(16, attention=16, experts=16)),
        ("deepseek-r1", "fp8", candidate(8, attention=8)),
        ("deepseek-r1", "fp8", candidate(16, speculative=True)),
        ("deepseek-r1", "bfloat16", candidate(4, 8)),
        ("deepseek-r1", "bfloat16", candidate(32)),
        ("deepseek-r1", "int8-channel", candidate(32)),
        ("deepseek-r1", "awq", candidate(8)),
        ("deepseek-r1", "w4afp8", candidate(8)),
        ("deepseek-r1", "nvfp4", candidate(8)),
        ("qwen3-235b-a22b", "bfloat16", candidate(8)),
        ("qwen3-235b-a22b", "fp8", candidate(4)),
        ("qwen3-235b-a22b", "fp8", candidate(8, experts=8)),
        ("qwen3-235b-a22b", "fp8", candidate(8, attention=2, experts=2)),
        ("llama-3.3-70b-instruct", "bfloat16", candidate(16)),
        ("deepseek-v2-lite", "bfloat16", candidate(2)),
        ("smollm2-135m-instruct", "bfloat16", candidate(1, 30)),
    ],
)
def test_layouts_that_the_shape_allows(name: str, weight_format: str, layout: Candidate) -> None:
    assert lines(find_model(name), weight_format, layout) == []


@pytest.mark.parametrize(
    ("name", "weight_format", "layout", "expected"),
    [
        (
            "deepseek-r1-distill-qwen-1.5b",
            "bfloat16",
            candidate(8),
            "deepseek-r1-distill-qwen-1.5b: heads do not divide: found 12 heads over 8 GPUs of one"
            " attention group, needed a group size that divides the heads; use an attention group"
            " of 6 GPUs",
        ),
        (
            "smollm2-135m-instruct",
            "bfloat16",
            candidate(9),
            "tensor_parallel: size does not divide: found 9, needed a divisor of the padded"
            " vocabulary 49152; set tensor_parallel to 8",
        ),
        (
            "qwen3-235b-a22b",
            "bfloat16",
            candidate(6, attention=1),
            "qwen3-235b-a22b: key value heads do not divide: found 4 key-value heads over 6 GPUs of"
            " one attention group, needed a group size that divides the key-value heads or is a"
            " multiple of them; use an attention group of 4 GPUs",
        ),
        (
            "qwen3-235b-a22b",
            "fp8",
            candidate(8),
            "qwen3-235b-a22b, fp8: width does not divide: found one expert's width 1536 over 8"
            " GPUs, needed equal parts that are multiples of 128; share one expert's width among 6"
            " GPUs",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(32),
            "deepseek-r1, fp8: width does not divide: found the dense layers' width 18432 over 32"
            " GPUs, needed equal parts that are multiples of 128; share the dense layers' width"
            " among 24 GPUs",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(128),
            "deepseek-r1, fp8: width does not divide: found the query heads' width 24576 over 128"
            " GPUs, needed equal parts that are multiples of 128; share the query heads' width"
            " among 96 GPUs",
        ),
        (
            "deepseek-r1",
            "awq",
            candidate(64),
            "deepseek-r1, awq: width does not divide: found the shared experts' width 2048 over 64"
            " GPUs, needed equal parts that are multiples of 64; share the shared experts' width"
            " among 32 GPUs",
        ),
        (
            "deepseek-v2-lite",
            "bfloat16",
            candidate(128),
            "deepseek-v2-lite: more gpus than experts: found tensor_parallel 128, needed at most"
            " the 64 routed experts; set tensor_parallel to 64 or less",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(8, 62),
            "deepseek-r1: more stages than layers: found pipeline_parallel 62, needed at most the"
            " 61 layers; set pipeline_parallel to 61 or less",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(6, experts=6),
            "expert_parallel: size does not divide: found 6, needed a divisor of the routed"
            " experts 256; set expert_parallel to 4",
        ),
        (
            "llama-3.3-70b-instruct",
            "bfloat16",
            candidate(8, experts=2),
            "llama-3.3-70b-instruct: model has no experts: found expert_parallel 2, needed"
            " expert_parallel 1; set expert_parallel to 1",
        ),
        (
            "llama-3.3-70b-instruct",
            "bfloat16",
            candidate(8, attention=2),
            "llama-3.3-70b-instruct: no dp attention: found attention_data_parallel 2, needed 1:"
            " LlamaForCausalLM of the engine has no DP attention; set attention_data_parallel"
            " to 1",
        ),
        (
            "llama-3.3-70b-instruct",
            "bfloat16",
            candidate(8, speculative=True),
            "llama-3.3-70b-instruct, bfloat16: no draft head: found no draft layers in the"
            " checkpoint, needed a built-in draft head; set speculative to false",
        ),
        (
            "deepseek-r1",
            "awq",
            candidate(8, speculative=True),
            "deepseek-r1, awq: no draft head: found no draft layers in the checkpoint, needed a"
            " built-in draft head; set speculative to false",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(8, 2, speculative=True),
            "deepseek-r1: draft head with stages: found pipeline_parallel 2 with speculative"
            " decoding, needed pipeline_parallel 1; set pipeline_parallel to 1, or speculative to"
            " false",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(8, attention=3),
            "attention_data_parallel: size does not divide: found 3, needed a divisor of"
            " tensor_parallel 8; set attention_data_parallel to 2",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(8, experts=5),
            "expert_parallel: size does not divide: found 5, needed a divisor of tensor_parallel"
            " 8; set expert_parallel to 4",
        ),
        (
            "deepseek-r1",
            "fp8",
            candidate(0),
            "tensor_parallel: size below one: found 0, needed 1 or more; set tensor_parallel to 1"
            " or more",
        ),
    ],
)
def test_a_refusal_says_what_was_found_and_the_nearest_size_that_would_do(
    name: str, weight_format: str, layout: Candidate, expected: str
) -> None:
    assert expected in lines(find_model(name), weight_format, layout)


def test_a_tied_head_of_llama_refuses_stages() -> None:
    assert lines(TIED_LLAMA, "bfloat16", candidate(1, 2)) == [
        "smollm2-135m-instruct: tied head with stages: found pipeline_parallel 2 with a tied"
        " embedding and head, needed pipeline_parallel 1: the last stage of the engine has no"
        " head to tie; set pipeline_parallel to 1, or use a checkpoint with a head of its own"
    ]


def test_a_tied_head_is_no_fault_on_one_stage_or_in_qwen2() -> None:
    qwen = replace(find_model("deepseek-r1-distill-qwen-1.5b"), tied=True)
    assert lines(TIED_LLAMA, "bfloat16", candidate(1)) == []
    assert lines(qwen, "bfloat16", candidate(1, 2)) == []


def test_all_faults_come_at_once_in_reading_order() -> None:
    faults = shape_faults(
        find_model("deepseek-r1"),
        find_format(find_model("deepseek-r1"), "fp8"),
        candidate(6, 62, speculative=True),
    )
    assert [(fault.where, fault.code) for fault in faults] == [
        ("deepseek-r1", "draft_head_with_stages"),
        ("deepseek-r1", "heads_do_not_divide"),
        ("deepseek-r1", "more_stages_than_layers"),
        ("deepseek-r1, fp8", "width_does_not_divide"),
        ("deepseek-r1, fp8", "width_does_not_divide"),
        ("deepseek-r1, fp8", "width_does_not_divide"),
        ("tensor_parallel", "size_does_not_divide"),
    ]


def test_only_quantised_matrices_keep_to_the_block() -> None:
    # NVFP4 leaves attention in bfloat16: 192 weights a head are no multiple of a block of 128.
    model = find_model("deepseek-r1")
    form = replace(find_format(model, "nvfp4"), block=128)
    found = [fault.found for fault in shape_faults(model, form, candidate(128))]
    assert not any("query heads" in text for text in found)
    assert any("one expert's width" in text for text in found)


def test_sizes_below_one_are_reported_alone_and_all_of_them() -> None:
    layout = replace(candidate(0, 0, attention=0, experts=0), groups=0, gpus_per_host=0)
    model = find_model("deepseek-r1")
    assert [fault.where for fault in shape_faults(model, model.formats[0], layout)] == [
        "attention_data_parallel",
        "expert_parallel",
        "gpus_per_host",
        "groups",
        "pipeline_parallel",
        "tensor_parallel",
    ]


LAYOUTS = st.builds(
    candidate,
    st.integers(-1, 64),
    st.integers(-1, 100),
    attention=st.integers(-1, 16),
    experts=st.integers(-1, 16),
    speculative=st.booleans(),
)


@given(name=st.sampled_from(sorted(MODELS)), layout=LAYOUTS)
def test_an_allowed_layout_gives_each_gpu_whole_heads_and_whole_experts(
    name: str, layout: Candidate
) -> None:
    model = MODELS[name]
    form = model.formats[0]
    if shape_faults(model, form, layout):
        return
    group = layout.tensor_parallel // layout.attention_data_parallel
    assert model.attention.heads % group == 0
    assert all(experts.routed % layout.expert_parallel == 0 for experts in model.experts)
    assert len(stages_bytes(model, form, layout)) == layout.pipeline_parallel


@given(name=st.sampled_from(sorted(MODELS)), layout=LAYOUTS)
def test_the_same_layout_has_the_same_faults_in_the_same_order(
    name: str, layout: Candidate
) -> None:
    model = MODELS[name]
    form = model.formats[0]
    faults = shape_faults(model, form, layout)
    assert faults == shape_faults(model, form, layout)
    assert len(set(faults)) == len(faults)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_one_gpu_and_one_stage_is_allowed_for_every_format(name: str) -> None:
    for form in MODELS[name].formats:
        assert shape_faults(MODELS[name], form, candidate(1)) == [], form.name
