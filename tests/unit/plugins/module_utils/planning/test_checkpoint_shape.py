"""What config.json says of a model's shape."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint_shape import (
    read_shape,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    GroupedQuery,
)

from tests.unit.plugins.module_utils.planning.config_samples import (
    LLAMA_70B,
    QWEN3_235B,
    QWEN_7B,
    R1,
    V2_LITE,
)


def without(config: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in keys}


def test_the_head_width_is_the_hidden_size_over_the_heads_where_no_key_says_it() -> None:
    model, faults = read_shape("mine", without(LLAMA_70B, "head_dim"))
    assert faults == ()
    assert model is not None
    assert model.attention == GroupedQuery(heads=64, key_value_heads=8, head_dim=128)


def test_every_head_has_its_own_key_and_value_where_no_key_says_otherwise() -> None:
    model, _ = read_shape("mine", without(LLAMA_70B, "num_key_value_heads"))
    assert model is not None
    assert model.attention == GroupedQuery(heads=64, key_value_heads=64, head_dim=128)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (QWEN_7B, True),
        (LLAMA_70B, False),
        ({**LLAMA_70B, "attention_bias": True}, True),
        ({**QWEN3_235B, "architectures": ["Qwen3ForCausalLM"]}, False),
    ],
)
def test_qwen2_and_whoever_says_so_adds_a_bias(config: dict[str, Any], expected: bool) -> None:
    model, _ = read_shape("mine", config)
    assert model is not None
    assert model.attention_bias is expected


def test_a_query_that_is_not_compressed_has_rank_zero() -> None:
    model, faults = read_shape("mine", V2_LITE)
    assert model is not None
    assert faults == ()
    assert getattr(model.attention, "query_rank", None) == 0


@pytest.mark.parametrize(("tied", "expected"), [(True, True), (False, False)])
def test_a_tied_head_is_read(tied: bool, expected: bool) -> None:
    model, _ = read_shape("mine", {**LLAMA_70B, "tie_word_embeddings": tied})
    assert model is not None
    assert model.tied is expected


@pytest.mark.parametrize("key", sorted(without(R1, "architectures", "attention_bias")))
def test_a_missing_key_is_a_fault_unless_the_model_has_a_default(key: str) -> None:
    defaults = {
        "first_k_dense_replace",
        "n_shared_experts",
        "num_key_value_heads",
        "num_nextn_predict_layers",
        "q_lora_rank",
        "quantization_config",
        "tie_word_embeddings",
    }
    _, faults = read_shape("mine", without(R1, key))
    expected = () if key in defaults else (f"config.json of mine, {key}",)
    assert tuple(fault.where for fault in faults) == expected


@pytest.mark.parametrize("value", [0, -7, 1.5, "61", True, None, [61]])
def test_a_size_is_a_whole_number_of_one_or_more(value: Any) -> None:
    _, faults = read_shape("mine", {**R1, "num_hidden_layers": value})
    assert [fault.line() for fault in faults] == [
        f"config.json of mine, num_hidden_layers: config key: found {value!r}, needed a whole"
        " number of 1 or more; use the config.json that the checkpoint was published with"
    ]


@pytest.mark.parametrize("value", [-1, 0.5, "1"])
def test_an_optional_size_is_a_whole_number_of_zero_or_more(value: Any) -> None:
    _, faults = read_shape("mine", {**R1, "num_nextn_predict_layers": value})
    assert [fault.line() for fault in faults] == [
        f"config.json of mine, num_nextn_predict_layers: config key: found {value!r}, needed a"
        " whole number of 0 or more; use the config.json that the checkpoint was published with"
    ]


@pytest.mark.parametrize(
    ("architectures", "found", "fix"),
    [
        (["DeepseekV4ForCausalLM"], "DeepseekV4ForCausalLM", "is it DeepseekV3ForCausalLM?"),
        (["T5Model"], "T5Model", "use a model of these architectures"),
        ([], "none", "use a model of these architectures"),
        (None, "none", "use a model of these architectures"),
    ],
)
def test_an_unknown_architecture_is_refused_with_the_known_ones(
    architectures: Any, found: str, fix: str
) -> None:
    model, faults = read_shape("mine", {**R1, "architectures": architectures})
    assert model is None
    assert [fault.line() for fault in faults] == [
        f"config.json of mine, architectures: unknown architecture: found {found}, needed one of"
        " DeepseekV2ForCausalLM, DeepseekV3ForCausalLM, LlamaForCausalLM, Qwen2ForCausalLM,"
        f" Qwen3ForCausalLM, Qwen3MoeForCausalLM; {fix}"
    ]
