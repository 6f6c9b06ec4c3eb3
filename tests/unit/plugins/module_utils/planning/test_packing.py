"""Hosts of groups: whole racks first, then few racks, then what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.packing import (
    GroupShape,
    deal,
    most_groups,
    pack,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rack_room import Rack
from hypothesis import given
from hypothesis import strategies as st


def unchanged(members: list[int], _free: Sequence[int]) -> list[int]:
    return members


def packed(racks: list[int], *, groups: int, size: int, stage: int = 1) -> list[list[int]]:
    """Groups over racks of so many hosts, hosts numbered through."""
    rooms, start = [], 0
    for at, hosts in enumerate(racks):
        rooms.append(Rack(f"rack{at}", tuple(range(start, start + hosts))))
        start += hosts
    slots = dict.fromkeys(range(start), 1)
    return pack(rooms, slots, GroupShape(groups, size, stage), unchanged)


@pytest.mark.parametrize(
    ("slots", "size", "groups"),
    [
        ([1, 1, 1, 1], 2, 2),
        ([1, 1, 1], 2, 1),
        ([2, 2, 2], 2, 3),
        # A host counts once a group: the nine slots of one host are one.
        ([9, 1], 2, 1),
        ([3, 3, 1, 1, 1], 3, 3),
        ([], 2, 0),
    ],
)
def test_how_many_groups_fit(slots: list[int], size: int, groups: int) -> None:
    assert most_groups(slots, size) == groups


@given(slots=st.lists(st.integers(1, 4), min_size=1, max_size=8), size=st.integers(1, 4))
def test_all_groups_that_fit_can_be_dealt(slots: list[int], size: int) -> None:
    groups = most_groups(slots, size)
    dealt = deal(range(len(slots)), dict(enumerate(slots)), groups, size)
    assert [len(set(members)) for members in dealt] == [size] * groups
    used = Counter(host for members in dealt for host in members)
    assert all(used[host] <= slots[host] for host in used)


@pytest.mark.parametrize(
    ("racks", "groups", "found"),
    [
        # The rack that holds most groups is filled first.
        ([2, 4], 1, [[2, 3]]),
        ([2, 4], 3, [[2, 3], [4, 5], [0, 1]]),
        # The last group is made of what two racks have left.
        ([3, 3], 3, [[0, 1], [3, 4], [2, 5]]),
    ],
)
def test_groups_of_two(racks: list[int], groups: int, found: list[list[int]]) -> None:
    assert packed(racks, groups=groups, size=2) == found


@pytest.mark.parametrize(
    ("racks", "found"),
    [
        # Largest rack, then the smallest that takes the rest.
        ([4, 3, 2, 1], [0, 1, 2, 3, 9]),
        ([4, 3, 2, 2], [0, 1, 2, 3, 7]),
        ([2, 3, 4], [5, 6, 7, 8, 0]),
        ([2, 2, 2], [0, 1, 2, 3, 4]),
    ],
)
def test_a_group_of_five_over_few_racks(racks: list[int], found: list[int]) -> None:
    assert packed(racks, groups=1, size=5) == [found]


def test_stages_of_two_stay_whole_where_racks_have_room() -> None:
    # Rack 0 has one host beside two whole stages; the third stage comes from rack 1.
    assert packed([5, 3], groups=1, size=6, stage=2) == [[0, 1, 2, 3, 5, 6]]


def test_a_stage_is_cut_where_no_rack_has_it_whole() -> None:
    assert packed([3, 3], groups=1, size=6, stage=2) == [[0, 1, 3, 4, 2, 5]]


def test_a_group_with_a_cut_stage_may_be_improved() -> None:
    asked: list[tuple[list[int], list[int]]] = []

    def better(members: list[int], free: Sequence[int]) -> list[int]:
        asked.append((members, list(free)))
        return members[::-1]

    racks = [Rack("a", (0, 1, 2)), Rack("b", (3, 4, 5))]
    slots = dict.fromkeys(range(6), 1)
    assert pack(racks, slots, GroupShape(1, 6, 2), better) == [[5, 2, 4, 3, 1, 0]]
    assert asked == [([0, 1, 3, 4, 2, 5], [0, 1, 2, 3, 4, 5])]


def test_a_host_in_two_groups_is_free_until_its_second() -> None:
    racks = [Rack("a", (0,)), Rack("b", (1,)), Rack("c", (2,))]
    slots = {0: 2, 1: 1, 2: 1}
    found = pack(racks, slots, GroupShape(2, 2, 1), unchanged)
    assert found == [[0, 1], [0, 2]]


def test_groups_that_only_fit_without_a_look_at_racks_are_placed_so() -> None:
    # Two whole groups in a would leave four hosts with one slot for a third group of six.
    slots = {**dict.fromkeys(range(4), 1), 4: 2, 5: 3, 6: 3, 7: 3, 8: 3}
    racks = [Rack("a", tuple(range(8))), Rack("b", (8,))]
    found = pack(racks, slots, GroupShape(3, 6, 2), unchanged)
    assert [len(set(members)) for members in found] == [6, 6, 6]
    used = Counter(host for members in found for host in members)
    assert used == slots
