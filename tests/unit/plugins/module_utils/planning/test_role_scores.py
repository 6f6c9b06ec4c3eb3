"""The figure of a pair of engines for each objective."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_scores import (
    role_score,
    score,
)

from tests.unit.plugins.module_utils.planning.role_samples import candidate, considered, request

# Two engines: 2 prompts in 0.5 s; 8 answers of 200 tokens in 200 x 0.01 s.
PREFILL = considered(candidate(tensor=4, groups=2), prefill=0.5, tokens=30_000)
DECODE = considered(
    candidate(tensor=8, pipeline=2, attention=4), decode=0.01, concurrency=8, tokens=80_000
)


@pytest.mark.parametrize(
    ("objective", "prefill", "decode", "both"),
    [
        ("latency", -0.5, -2.0, -2.5),
        ("throughput", 4.0, 4.0, 4.0),
        ("longest_context", 30_000, 20_000, 20_000),
        ("fewest_gpus", -8.0, -16.0, -24.0),
    ],
)
def test_the_objective_says_what_counts_and_then_the_seconds(
    objective: str, prefill: float, decode: float, both: float
) -> None:
    asked = request(objective=objective)
    assert role_score(asked, "prefill", PREFILL) == (prefill, -0.5)
    assert role_score(asked, "decode", DECODE) == (decode, -2.0)
    assert score(asked, PREFILL, DECODE) == (both, -2.5)


def test_an_answer_has_a_token_at_least() -> None:
    short = Constraints(serving_mode="disaggregated", typical_tokens=2, concurrency=8)
    asked = request(objective="latency", constraints=short)
    assert role_score(asked, "decode", DECODE)[1] == -0.01


def test_the_slower_role_and_the_smaller_cache_count() -> None:
    fast = considered(candidate(), prefill=0.1, tokens=500_000)
    assert score(request(objective="throughput"), fast, DECODE) == (4.0, -2.1)
    # deepseek-r1 reads 163,840 tokens and no more.
    large = considered(candidate(), tokens=200_000, decode=0.01)
    assert score(request(objective="longest_context"), fast, large) == (163_840, -2.1)
