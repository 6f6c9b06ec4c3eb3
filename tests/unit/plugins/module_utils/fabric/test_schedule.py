"""Rounds of pairs: properties for every small number of hosts and every sharing out to racks."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.hosts import Host
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.schedule import (
    Round,
    crosses,
    rounds,
)

SIZES = range(2, 25)


def hosts(*racks: int) -> list[Host]:
    """So many hosts of each rack, in the order of racks."""
    names = [(f"r{rack:02}", seat) for rack, count in enumerate(racks) for seat in range(count)]
    return [Host(f"{rack}-{seat:03}", "", rack, 0.0, ()) for rack, seat in names]


def names(of: tuple[Round, ...]) -> list[tuple[str, str]]:
    return [(one.name, other.name) for pairs in of for one, other in pairs]


def sharings(total: int) -> list[tuple[int, ...]]:
    """Every way to share so many hosts out to one, two or three racks."""
    two = [(first, total - first) for first in range(1, total)]
    three = [
        (first, second, total - first - second)
        for first in range(1, total)
        for second in range(1, total - first)
    ]
    return [(total,), *two, *three]


@pytest.mark.parametrize("size", SIZES)
def test_no_host_is_in_two_tests_at_once(size: int) -> None:
    for pairs in rounds(hosts(size), count=size, all_pairs=True):
        seen = Counter(host.name for pair in pairs for host in pair)
        assert set(seen.values()) == {1}


@pytest.mark.parametrize("size", SIZES)
def test_all_pairs_are_all_pairs_once_each(size: int) -> None:
    members = hosts(size)
    made = rounds(members, count=3, all_pairs=True)
    expected = {frozenset((a.name, b.name)) for a, b in combinations(members, 2)}
    assert len(names(made)) == len(expected)
    assert {frozenset(pair) for pair in names(made)} == expected
    assert len(made) == size - 1 + size % 2


@pytest.mark.parametrize("size", range(5, 25))
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_few_rounds_cost_in_proportion_to_the_hosts(size: int, count: int) -> None:
    made = rounds(hosts(size), count=count)
    assert len(made) == count
    assert len(names(made)) == count * (size // 2)
    assert len({frozenset(pair) for pair in names(made)}) == len(names(made))
    # An odd host rests once at most.
    tested = Counter(name for pair in names(made) for name in pair)
    assert set(tested.values()) <= {count, count - size % 2}


@pytest.mark.parametrize("size", [4, 5, 8, 9, 12])
def test_every_host_is_tested_across_racks_where_no_rack_has_more_than_half(size: int) -> None:
    for racks in sharings(size):
        made = rounds(hosts(*racks), count=3)
        across = {host.name for pairs in made for pair in pairs if crosses(pair) for host in pair}
        if max(racks) <= size // 2:
            assert len(across) == size, racks


@pytest.mark.parametrize("size", [8, 9, 12, 16])
def test_the_first_round_crosses_racks_with_every_pair(size: int) -> None:
    first = rounds(hosts(size // 2, size - size // 2 - 1, 1), count=3)[0]
    assert all(crosses(pair) for pair in first)


def test_hosts_are_also_tested_within_their_rack() -> None:
    made = rounds(hosts(8, 8), count=3)
    within = {host.name for pairs in made for pair in pairs if not crosses(pair) for host in pair}
    assert len(within) == 16


def test_the_rounds_of_four_hosts() -> None:
    made = rounds(hosts(2, 2), count=3)
    assert [[(a.name, b.name) for a, b in pairs] for pairs in made] == [
        [("r00-000", "r01-000"), ("r00-001", "r01-001")],
        [("r00-000", "r01-001"), ("r01-000", "r00-001")],
        [("r00-000", "r00-001"), ("r01-001", "r01-000")],
    ]


def test_one_host_and_none_have_no_partner() -> None:
    assert rounds(hosts(1), count=3) == ()
    assert rounds([], count=3, all_pairs=True) == ()


def test_the_same_hosts_have_the_same_rounds() -> None:
    assert rounds(hosts(9, 7, 3), count=3) == rounds(hosts(9, 7, 3), count=3)
