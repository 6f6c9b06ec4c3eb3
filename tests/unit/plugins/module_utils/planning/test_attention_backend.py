"""Which attention backend the engine takes, by GPU and model."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.attention_backend import (
    attention_backend,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

R1, V2, LLAMA = "deepseek-r1", "deepseek-v2-lite", "deepseek-r1-distill-llama-8b"


@pytest.mark.parametrize(
    ("gpu", "model", "backend"),
    [
        ("a100-sxm-80gb", R1, "triton"),
        ("l40s-48gb", R1, "triton"),
        ("h100-sxm-80gb", R1, "fa3"),
        ("b200-sxm-180gb", R1, "trtllm_mla"),
        ("rtx-pro-6000-server-96gb", R1, "triton"),
        ("b200-sxm-180gb", V2, "flashinfer"),
        ("a100-sxm-80gb", LLAMA, "flashinfer"),
        ("h100-sxm-80gb", LLAMA, "fa3"),
        ("b200-sxm-180gb", LLAMA, "trtllm_mha"),
        ("rtx-pro-6000-server-96gb", LLAMA, "flashinfer"),
    ],
)
def test_the_engine_chooses_by_capability_and_kind_of_attention(
    gpu: str, model: str, backend: str
) -> None:
    assert attention_backend(find_gpu(gpu), find_model(model), Constraints()) == backend


@pytest.mark.parametrize(
    ("constraints", "backend"),
    [
        (Constraints(attention_backend="triton"), "triton"),
        (Constraints(attention_backend="flashmla"), "flashmla"),
        (Constraints(key_value_format="fp8_e4m3"), "fa3"),
        (Constraints(key_value_format="fp8_e5m2"), "triton"),
        (Constraints(key_value_format="fp8_e5m2", attention_backend="flashinfer"), "flashinfer"),
    ],
)
def test_a_person_s_backend_wins_unless_it_lacks_the_cache_format(
    constraints: Constraints, backend: str
) -> None:
    assert attention_backend(find_gpu("h100-sxm-80gb"), find_model(R1), constraints) == backend
