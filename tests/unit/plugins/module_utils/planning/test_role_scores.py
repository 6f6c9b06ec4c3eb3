"""The figure of a pair of engines for each objective."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_scores import SCORES

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
        ("longest_context", 30_000.0, 20_000.0, 20_000.0),
        ("fewest_gpus", -8.0, -16.0, -24.0),
    ],
)
def test_the_objective_says_what_counts(
    objective: str, prefill: float, decode: float, both: float
) -> None:
    score, asked = SCORES[objective], request()
    assert score.of_role(asked, "prefill", PREFILL) == prefill
    assert score.of_role(asked, "decode", DECODE) == decode
    assert score.of(asked, PREFILL, DECODE) == both
