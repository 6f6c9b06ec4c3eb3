"""Memory and KV tokens: real engines, worked examples, and rules that always hold."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import (
    memory_of,
    runtime_mib,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.planning.engine_samples import RUNS, run_layout, run_model
from tests.unit.plugins.module_utils.planning.model_samples import candidate

GIB = 1024**3
MIB = 1024**2
H100, H200, A100 = 81559, 143771, 81920
R1 = find_model("deepseek-r1")
FP8 = find_format(R1, "fp8")


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["name"])
def test_a_real_engine_s_weights_and_kv_tokens_are_near(run: dict[str, Any]) -> None:
    model = run_model(run)
    found = memory_of(
        model,
        find_format(model, run["format"]),
        run["memory_total_mib"],
        run_layout(run),
        Constraints(memory_fraction=run["mem_fraction_static"]),
    )
    assert found.weights / GIB == pytest.approx(run["weights_gib"], rel=0.03)
    assert found.tokens == pytest.approx(run["kv_tokens"], rel=0.08)
    # The two together are what the fraction stands for, so the runtime's part is known by itself.
    assert found.runtime / MIB == pytest.approx(
        run["memory_total_mib"]
        - 1024 * (run["weights_gib"] + run["kv_cache_gib"]) / run["mem_fraction_static"],
        abs=25,
    )


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["name"])
def test_a_real_engine_s_bytes_of_one_token_are_exact(run: dict[str, Any]) -> None:
    model = run_model(run)
    found = memory_of(
        model, find_format(model, run["format"]), H100, run_layout(run), Constraints()
    )
    measured = run["kv_cache_gib"] * GIB / run["kv_tokens"]
    assert found.token_bytes == pytest.approx(measured, rel=1e-4)


def test_driver_and_context_are_taken_on_each_gpu_and_nccl_only_in_a_group() -> None:
    h100, h200 = 81559, 143771
    assert runtime_mib(h100, candidate(1)) == 1180
    assert runtime_mib(h100, candidate(2)) == 2000
    assert runtime_mib(h100, candidate(1, 2)) == 2000
    assert runtime_mib(h200, candidate(1)) == 1316
    assert runtime_mib(24564, candidate(1)) == 1180


def test_the_parts_of_r1_on_two_hosts_of_eight_h100() -> None:
    found = memory_of(R1, FP8, H100, candidate(16), Constraints())
    assert found.total == H100 * MIB
    assert found.static_fraction == 0.805
    assert found.runtime == 2000 * MIB
    assert found.reserve == round(79559 * MIB * 0.195)
    assert found.activations == 14848 * MIB
    assert found.graphs == 1024 * MIB
    assert found.token_bytes == 576 * 2 * 61
    left = found.total - found.runtime - found.reserve - found.weights
    assert found.key_value == found.tokens * found.token_bytes
    assert 0 <= left - found.key_value < 64 * found.token_bytes
    assert found.tokens % 64 == 0


def test_attention_groups_hold_their_tokens_side_by_side() -> None:
    alone = memory_of(R1, FP8, H200, candidate(8), Constraints(memory_fraction=0.89))
    layout = candidate(8, attention=8)
    shared = memory_of(R1, FP8, H200, layout, Constraints(memory_fraction=0.89))
    assert shared.key_value == shared.tokens // 8 * shared.token_bytes
    assert shared.tokens > 4 * alone.tokens


def test_what_does_not_fit_says_how_much_is_missing() -> None:
    found = memory_of(R1, FP8, H100, candidate(8), Constraints())
    assert found.tokens == 0
    assert found.key_value < 0
    missing = found.weights + found.reserve + found.runtime - found.total
    assert -found.key_value == missing


def test_less_than_a_page_left_is_no_token() -> None:
    whole = memory_of(R1, FP8, H100, candidate(16), Constraints())
    room = whole.total - whole.runtime - whole.weights
    fraction = 1 - (room - whole.token_bytes) / (whole.total - whole.runtime)
    found = memory_of(R1, FP8, H100, candidate(16), Constraints(memory_fraction=fraction))
    assert (found.tokens, found.key_value) == (0, 0)


def test_an_eight_bit_kv_cache_holds_twice_the_tokens() -> None:
    wide = memory_of(R1, FP8, H200, candidate(8), Constraints())
    narrow = memory_of(R1, FP8, H200, candidate(8), Constraints(key_value_format="fp8_e4m3"))
    assert narrow.token_bytes * 2 == wide.token_bytes
    assert narrow.tokens == pytest.approx(2 * wide.tokens, abs=128)


@given(
    tensor=st.sampled_from([1, 2, 4, 8, 16, 32]),
    stages=st.sampled_from([1, 2, 4, 8]),
    gpu_mib=st.integers(20000, 200000),
    name=st.sampled_from(["bfloat16", "fp8", "int8-block", "awq"]),
    speculative=st.booleans(),
)
def test_the_parts_never_exceed_the_gpu(
    *, tensor: int, stages: int, gpu_mib: int, name: str, speculative: bool
) -> None:
    layout: Candidate = candidate(tensor, stages, speculative=speculative)
    found = memory_of(R1, find_format(R1, name), gpu_mib, layout, Constraints())
    parts = found.weights + found.key_value + found.reserve + found.runtime
    assert parts <= found.total
    assert (found.tokens > 0) is (found.key_value > 0)
    assert parts > found.total - 64 * found.token_bytes
