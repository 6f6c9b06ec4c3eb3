"""Better orders of a group whose stages are cut."""

from __future__ import annotations

from fractions import Fraction

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refine import (
    LARGEST_GROUP,
    refine,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.traffic import Link

CHAIN: dict[Link, Fraction] = {(at, at + 1): Fraction(10, 3) for at in range(3)}


def racks(names: str) -> dict[int, str]:
    return dict(enumerate(names))


def test_hosts_change_places_until_no_step_helps() -> None:
    assert refine([0, 1, 2, 3], [], racks("abab"), CHAIN, 1) == [0, 2, 1, 3]


def test_a_spare_of_the_same_rack_takes_the_place_of_a_stranger() -> None:
    assert refine([0, 1, 2, 3], [4], racks("aabaa"), CHAIN, 1) == [0, 1, 4, 3]


def test_the_cheaper_stage_is_cut() -> None:
    """The link inside the second stage carries more, so the host of rack b goes to the first."""
    links: dict[Link, Fraction] = {(0, 1): Fraction(5), (2, 3): Fraction(50), (0, 2): Fraction(1)}
    assert refine([0, 1, 2, 3], [], racks("aaab"), links, 2) == [0, 3, 2, 1]


def test_parts_of_a_byte_decide_too() -> None:
    links: dict[Link, Fraction] = {(0, 1): Fraction(2, 3), (1, 2): Fraction(1, 3)}
    assert refine([0, 1, 2], [], racks("aba"), links, 1) == [0, 2, 1]


def test_a_group_in_one_rack_is_left_alone() -> None:
    assert refine([3, 1, 0, 2], [4], racks("aaaab"), CHAIN, 1) == [3, 1, 0, 2]


def test_a_large_group_is_left_alone() -> None:
    members = list(range(LARGEST_GROUP + 1))
    names = racks("ab" * LARGEST_GROUP)
    chain = {(at, at + 1): Fraction(1) for at in range(LARGEST_GROUP)}
    assert refine(members, [], names, chain, 1) == members
