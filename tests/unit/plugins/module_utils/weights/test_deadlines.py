from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.deadlines import (
    Deadlines,
    deadlines,
)
from hypothesis import given
from hypothesis import strategies as st


def due(total: int, largest: int, rate: float, parallel: int = 1, hops: int = 1) -> Deadlines:
    return deadlines(
        total_bytes=total,
        largest_bytes=largest,
        bytes_per_second=rate,
        parallel=parallel,
        hops=hops,
    )


def test_a_transfer_may_take_three_times_the_wire() -> None:
    # 1000 MB at 100 MB/s are 10 s; four of the files share the link: 400 MB, 4 s.
    found = due(1_000_000_000, 100_000_000, 1e8, parallel=4)
    assert found == Deadlines(file_seconds=43, run_seconds=61)


def test_each_hop_adds_to_it() -> None:
    found = due(9_990_000_000, 9_990_000_000, 1e8, hops=50)
    assert found == Deadlines(file_seconds=360, run_seconds=360)


def test_nothing_to_send_still_has_its_time() -> None:
    assert due(0, 0, 1) == Deadlines(30, 30)


@pytest.mark.parametrize(
    ("rate", "parallel", "hops"),
    [(0, 1, 1), (-1, 1, 1), (float("nan"), 1, 1), (1, 0, 1), (1, 1, 0)],
)
def test_what_is_not_above_zero_is_refused(rate: float, parallel: int, hops: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        due(1, 1, rate, parallel, hops)


@given(st.lists(st.integers(0, 10**12), max_size=20), st.integers(1, 8), st.integers(1, 64))
def test_the_whole_never_has_less_time_than_a_file_and_a_file_never_less_than_the_wire(
    sizes: list[int], parallel: int, hops: int
) -> None:
    largest = max(sizes, default=0)
    found = due(sum(sizes), largest, 1e9, parallel, hops)
    assert found.run_seconds >= found.file_seconds >= largest / 1e9
