"""Bytes on the fullest GPU: literal values, a measured engine, and rules that always hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    MODELS,
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    checkpoint_bytes,
    parameter_count,
    stage_layers,
    stages_bytes,
    token_bytes,
    weights_bytes,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.planning.model_samples import candidate

GIB = 1024**3


def weights(name: str, weight_format: str, layout: Candidate) -> int:
    model = find_model(name)
    return weights_bytes(model, find_format(model, weight_format), layout)


def r1_slice(layers: int) -> ModelSpec:
    return replace(find_model("deepseek-r1"), layers=layers, draft_layers=0)


def test_the_engine_reports_the_weights_of_a_slice_of_r1_within_one_percent() -> None:
    # Two H100 80GB, driver 580.159.04, nine layers of DeepSeek-R1's shape in FP8 blocks,
    # --tp-size 2: its metric sglang:weight_memory_usage_gb.
    measured = 35.103515625
    model = r1_slice(9)
    predicted = weights_bytes(model, find_format(model, "fp8"), candidate(2))
    assert predicted / GIB == pytest.approx(measured, rel=0.01)


@pytest.mark.parametrize(
    ("name", "weight_format", "layout", "reported"),
    [
        # B200, https://github.com/sgl-project/sglang/pull/9162: "mem usage" of "Load weight end".
        ("deepseek-r1", "nvfp4", candidate(4), 94.51),
        # H100, https://github.com/sgl-project/sglang/pull/4760.
        ("deepseek-r1-distill-llama-8b", "bfloat16", candidate(1), 15.11),
    ],
)
def test_published_logs_of_earlier_engines_agree_within_three_percent(
    name: str, weight_format: str, layout: Candidate, reported: float
) -> None:
    assert weights(name, weight_format, layout) / GIB == pytest.approx(reported, rel=0.03)


def test_the_engine_reports_the_kv_cache_of_a_slice_of_r1_exactly() -> None:
    # The same run: max_total_num_tokens and sglang:kv_cache_memory_usage_gb. The pool has one more
    # token than it reports.
    tokens, measured = 3_203_847, 30.936203956604004
    assert token_bytes(r1_slice(9), candidate(2), "") * (tokens + 1) / GIB == pytest.approx(
        measured, rel=1e-9
    )


@pytest.mark.parametrize(
    ("name", "weight_format", "layout", "expected"),
    [
        ("deepseek-r1", "fp8", candidate(8), 79.53),
        ("deepseek-r1", "fp8", candidate(16), 40.30),
        ("deepseek-r1", "fp8", candidate(8, 2), 42.36),
        ("deepseek-r1", "fp8", candidate(8, attention=8), 91.26),
        ("deepseek-r1", "fp8", candidate(16, attention=16, experts=16), 52.86),
        ("deepseek-r1", "fp8", candidate(8, speculative=True), 81.08),
        ("deepseek-r1", "bfloat16", candidate(4, 8), 43.55),
        ("deepseek-r1", "bfloat16", candidate(32), 40.98),
        ("deepseek-r1", "int8-block", candidate(16), 40.30),
        ("deepseek-r1", "int8-channel", candidate(16), 40.33),
        ("deepseek-r1", "awq", candidate(8), 43.26),
        ("deepseek-r1", "w4afp8", candidate(8), 42.64),
        ("deepseek-r1", "nvfp4", candidate(8), 48.10),
        ("deepseek-r1", "nvfp4", candidate(8, speculative=True), 51.00),
        ("qwen3-235b-a22b", "bfloat16", candidate(8), 54.91),
        ("qwen3-235b-a22b", "fp8", candidate(4), 55.12),
        ("llama-3.3-70b-instruct", "bfloat16", candidate(2), 65.71),
        ("llama-3.3-70b-instruct", "bfloat16", candidate(1, 2), 67.67),
        ("deepseek-v2-lite", "bfloat16", candidate(1), 29.36),
        ("deepseek-r1-distill-qwen-32b", "bfloat16", candidate(2), 30.51),
        ("smollm2-135m-instruct", "bfloat16", candidate(1), 0.30),
    ],
)
def test_weights_of_the_fullest_gpu_in_gib(
    name: str, weight_format: str, layout: Candidate, expected: float
) -> None:
    assert weights(name, weight_format, layout) / GIB == pytest.approx(expected, abs=0.006)


def test_one_gpu_holds_every_parameter_and_the_copies_of_the_up_projection() -> None:
    # 27 layers, 512 x 16 heads x (128 + 128) weights of two bytes.
    copies = 27 * 512 * 16 * 256 * 2
    assert weights("deepseek-v2-lite", "bfloat16", candidate(1)) == 31_412_968_448 + copies


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Embedding 128,256 x 8,192 x 2 bytes on the first stage; the head on both.
        ("llama-3.3-70b-instruct", (72_655_044_608, 70_553_714_688)),
        # The head on the last stage alone.
        ("deepseek-r1-distill-qwen-32b", (32_763_871_232, 32_763_881_472)),
    ],
)
def test_the_head_is_on_every_stage_of_llama_and_on_the_last_of_qwen2(
    name: str, expected: tuple[int, int]
) -> None:
    model = find_model(name)
    assert stages_bytes(model, model.formats[0], candidate(1, 2)) == expected


def test_a_tied_head_is_a_matrix_of_its_own_only_on_a_later_stage() -> None:
    model = replace(find_model("deepseek-r1-distill-qwen-1.5b"), tied=True)
    head = 151_936 * 1536 * 2
    alone = stages_bytes(model, model.formats[0], candidate(1))
    first, last = stages_bytes(model, model.formats[0], candidate(1, 2))
    assert alone == (3_554_176_000 - head,)
    assert first + last == 3_554_176_000


def test_the_vocabulary_is_padded_to_sixty_four_rows() -> None:
    model = replace(find_model("llama-3.3-70b-instruct"), vocabulary=128_200)
    padded = weights_bytes(model, model.formats[0], candidate(1))
    assert padded == weights("llama-3.3-70b-instruct", "bfloat16", candidate(1))


def test_key_value_heads_are_copied_where_the_group_is_larger_than_their_number() -> None:
    # Per layer and GPU of 8: key and value projections of one of 4 heads, 4,096 x 2 x 128 weights.
    model = find_model("qwen3-235b-a22b")
    four, eight = (stages_bytes(model, model.formats[0], candidate(n))[0] for n in (4, 8))
    shared_by_all = (four - eight) * 2
    replicated = four - shared_by_all
    router_and_norms = 94 * (128 * 4096 + 2 * 4096 + 2 * 128) * 2 + 4096 * 2
    assert replicated == router_and_norms + 94 * 4096 * 2 * 128 * 2


@pytest.mark.parametrize(
    ("name", "layout", "key_value_format", "expected"),
    [
        ("deepseek-r1", candidate(8), "", 70_272),
        ("deepseek-r1", candidate(8, attention=8), "auto", 70_272),
        ("deepseek-r1", candidate(8), "fp8_e4m3", 35_136),
        ("deepseek-r1", candidate(8, speculative=True), "", 71_424),
        ("deepseek-r1", candidate(8, 2), "bfloat16", 35_712),
        ("deepseek-r1", candidate(4, 8), "", 9_216),
        ("llama-3.3-70b-instruct", candidate(2), "", 163_840),
        ("llama-3.3-70b-instruct", candidate(8), "", 40_960),
        ("llama-3.3-70b-instruct", candidate(16), "", 40_960),
        ("qwen3-235b-a22b", candidate(8, attention=4), "", 96_256),
        ("smollm2-135m-instruct", candidate(1, 2), "", 11_520),
    ],
)
def test_bytes_of_one_token(
    name: str, layout: Candidate, key_value_format: str, expected: int
) -> None:
    assert token_bytes(find_model(name), layout, key_value_format) == expected


def test_an_unknown_kv_format_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError) as refused:
        token_bytes(find_model("deepseek-r1"), candidate(8), "fp8_e4m3fn")
    assert str(refused.value) == (
        "the KV cache: key_value_format: unknown key value format: found fp8_e4m3fn, needed a"
        " format of --kv-cache-dtype that the planner knows; write fp8_e4m3, or remove fp8_e4m3fn"
    )


def test_the_last_stages_take_the_layers_that_do_not_divide() -> None:
    assert [len(stage_layers(61, 8, stage)) for stage in range(8)] == [7, 7, 7, 8, 8, 8, 8, 8]
    assert [stage_layers(5, 2, stage) for stage in range(2)] == [range(2), range(2, 5)]


@given(layers=st.integers(1, 200), stages=st.integers(1, 64))
def test_stages_hold_each_layer_once_in_order_and_differ_by_one(layers: int, stages: int) -> None:
    parts = [stage_layers(layers, stages, stage) for stage in range(stages)]
    assert [layer for part in parts for layer in part] == list(range(layers))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


MODEL_NAMES = st.sampled_from(sorted(MODELS))


@given(name=MODEL_NAMES, tensor=st.sampled_from([1, 2, 4, 8]), stages=st.integers(1, 8))
def test_no_gpu_holds_more_than_the_model_or_less_than_its_even_part(
    name: str, tensor: int, stages: int
) -> None:
    model = MODELS[name]
    for form in model.formats:
        most = weights_bytes(model, form, candidate(tensor, stages))
        everything = weights_bytes(model, form, candidate(1))
        assert everything / (tensor * stages) <= most + 1
        # A head on every stage, and rounding.
        assert most <= everything + 1


@given(name=MODEL_NAMES, tensor=st.sampled_from([2, 4, 8, 16]), stages=st.integers(1, 4))
def test_more_gpus_in_the_tensor_group_never_need_more_bytes_each(
    name: str, tensor: int, stages: int
) -> None:
    model = MODELS[name]
    for form in model.formats:
        wider = weights_bytes(model, form, candidate(tensor, stages))
        assert wider <= weights_bytes(model, form, candidate(tensor // 2, stages))


@given(name=MODEL_NAMES, attention=st.sampled_from([2, 4, 8]))
def test_dp_attention_never_needs_fewer_bytes(name: str, attention: int) -> None:
    model = MODELS[name]
    form = model.formats[0]
    split = weights_bytes(model, form, candidate(8))
    assert weights_bytes(model, form, candidate(8, attention=attention)) >= split


@given(name=MODEL_NAMES, experts=st.sampled_from([1, 2, 4, 8]))
def test_expert_parallel_moves_weights_and_keeps_their_bytes(name: str, experts: int) -> None:
    model = MODELS[name]
    form = model.formats[0]
    moved = weights_bytes(model, form, candidate(8, experts=experts))
    assert moved == weights_bytes(model, form, candidate(8))


def test_draft_layers_bring_an_embedding_and_a_head_of_their_own_into_the_checkpoint() -> None:
    model = find_model("deepseek-r1")
    held = find_format(model, "bfloat16")
    draft = checkpoint_bytes(model, held) - checkpoint_bytes(model, replace(held, draft=False))
    experts = 257 * 3 * 7168 * 2048 + 256 * 7168
    attention = 11_010_048 + 37_748_736 + 4_128_768 + 16_777_216 + 117_440_512
    norms = 1536 + 512 + 5 * 7168
    projection, vocabulary = 2 * 7168 * 7168, 2 * 129_280 * 7168
    correction = 256 * 4
    weights = experts + attention + norms + projection + vocabulary
    assert draft == 2 * weights + correction == 26_926_853_120


def test_tied_weights_are_counted_once() -> None:
    model = replace(find_model("smollm2-135m-instruct"), tied=True)
    assert parameter_count(model) == 134_515_008
