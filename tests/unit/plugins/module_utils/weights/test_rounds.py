from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.receiving import Receiving
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.rounds import (
    Limits,
    Round,
    Standing,
    first_round,
    next_round,
)

GB = 10**9
LIMITS = Limits(sample_bytes=8 * GB, deadline_seconds=3600, timeout_seconds=60, parallel=4)
NODES = [{"name": name, "address": f"10.0.0.{number}"} for number, name in enumerate("abcd", 1)]
WHOLE = Standing(whole=True, wanting_bytes=0, largest_bytes=0, seconds=100.0)
LACKING = Standing(whole=False, wanting_bytes=600 * GB, largest_bytes=4 * GB, seconds=10.0)
FRESH = replace(LACKING, seconds=0.0)


def sample(rates: dict[str, float]) -> dict[str, Receiving]:
    """What each node saw of its link, in GB/s; four files share it."""
    return {name: Receiving(rate * GB / 4, rate * GB) for name, rate in rates.items()}


def standings(**values: Standing) -> dict[str, Standing]:
    return {**dict.fromkeys("abcd", LACKING), **values}


def after(
    passed: dict[str, Receiving] | None = None,
    before: Round | None = None,
    nodes: Any = NODES,
    **values: Standing,
) -> Round:
    first = first_round(dict.fromkeys("abcd", FRESH), LIMITS)
    return next_round(before or first, nodes, standings(**values), passed or {}, LIMITS)


def test_a_large_model_begins_with_a_sample() -> None:
    found = first_round({**dict.fromkeys("abc", FRESH), "d": WHOLE}, LIMITS)
    assert found == Round(
        number=1,
        holders=("d",),
        aside=(),
        share_bytes=8 * GB,
        run_seconds=3600,
        timeout_seconds=60,
        spent_seconds=0.0,
    )


@pytest.mark.parametrize(("wanting", "share"), [(31 * GB, 0), (32 * GB, 8 * GB)])
def test_a_model_of_less_than_four_samples_comes_at_once(wanting: int, share: int) -> None:
    lacking = replace(FRESH, wanting_bytes=wanting)
    assert first_round({"a": lacking, "b": FRESH}, LIMITS).share_bytes == 8 * GB
    assert first_round({"a": lacking, "b": WHOLE}, LIMITS).share_bytes == share


def test_no_sample_is_taken_where_none_is_wanted() -> None:
    assert first_round({"a": FRESH}, replace(LIMITS, sample_bytes=0)).share_bytes == 0


def test_the_rest_comes_in_three_times_what_the_slowest_link_needs() -> None:
    found = after(sample(dict.fromkeys("abcd", 1.0)))
    assert (found.number, found.aside, found.share_bytes) == (2, (), 0)
    # 600 s of wire, each of four hops 0.2 % more, three times that and 30 s.
    assert found.run_seconds == 30 + round(3 * 600 * 1.008) + 1
    # Four files of 4 GB share the link.
    assert found.timeout_seconds == 30 + round(3 * 16 * 1.008) + 1
    assert found.spent_seconds == 10.0


def test_a_node_that_lags_its_feeder_is_fed_beside_the_chain() -> None:
    found = after(sample({"a": 1.0, "b": 1.0, "c": 0.5, "d": 0.5}))
    assert found.aside == ("c",)
    again = after(sample({"a": 1.0, "b": 0.4, "d": 1.0}), before=found)
    assert again.aside == ("b", "c")
    assert again.number == 3


def test_whole_nodes_only_feed() -> None:
    assert after(a=WHOLE, c=WHOLE).holders == ("a", "c")


def test_a_lost_node_is_not_in_the_next_round() -> None:
    left = [node for node in NODES if node["name"] != "c"]
    assert after(sample({"a": 1.0, "b": 1.0, "c": 0.1, "d": 1.0}), nodes=left).aside == ()


def test_where_nothing_passed_the_limits_hold() -> None:
    found = after()
    assert (found.run_seconds, found.timeout_seconds) == (3590, 60)


def test_a_file_is_given_the_time_that_a_person_allows() -> None:
    assert after(sample(dict.fromkeys("abcd", 10.0))).timeout_seconds == 60


def test_all_rounds_together_end_in_time() -> None:
    first = first_round(dict.fromkeys("abcd", FRESH), LIMITS)
    late = after(before=replace(first, spent_seconds=3000.0), a=replace(LACKING, seconds=590.0))
    assert (late.run_seconds, late.spent_seconds) == (10, 3590.0)
    over = after(before=replace(first, spent_seconds=3600.0))
    assert over.run_seconds == 0
