"""Groups over the free hosts of several racks."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rack_room import (
    Rack,
    Room,
)

RACKS = (Rack("a", (0, 1, 2)), Rack("b", (3, 4)), Rack("c", (5,)))


def test_whole_stages_come_from_the_rack_with_most() -> None:
    room = Room(RACKS, dict.fromkeys(range(6), 1), 1)
    assert room.group(4) == ([0, 1, 2, 5], False)
    assert room.group(5) == ([0, 1, 2, 3, 4], False)


def test_a_group_is_only_found_until_it_is_taken() -> None:
    room = Room(RACKS, dict.fromkeys(range(6), 1), 1)
    assert room.group(4) == room.group(4)
    room.take([0, 1, 2, 5])
    assert room.group(2) == ([3, 4], False)


def test_too_few_hosts_are_all_that_there_are() -> None:
    room = Room(RACKS, dict.fromkeys(range(6), 1), 1)
    assert room.group(7) == ([0, 1, 2, 3, 4, 5], True)


def test_a_stage_of_two_is_cut_only_for_the_rest() -> None:
    room = Room(RACKS, dict.fromkeys(range(6), 1), 2)
    assert room.group(2) == ([0, 1, 3, 4], False)
    assert room.group(3) == ([0, 1, 3, 4, 2, 5], True)


def test_hosts_with_room_for_more_groups_go_first() -> None:
    room = Room([Rack("a", (0, 1, 2))], {0: 1, 1: 1, 2: 3}, 1)
    assert room.group(2) == ([2, 0], False)
    room.take([2, 0])
    assert room.group(2) == ([2, 1], False)
