"""Ranks on hosts: against a search of all orders, and with literal figures."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.placement import (
    NoPlaceError,
    Placement,
    place,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.traffic import (
    group_traffic,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.planning.placement_samples import (
    R1_SIZES,
    in_racks,
    layout,
    model,
    node,
)


def hosts(placement: Placement) -> list[list[str]]:
    return [[rank.host for rank in group] for group in placement.groups]


def racks_of(placement: Placement, racks: str) -> list[str]:
    """The racks of each group's hosts, as letters."""
    return [
        "".join(racks[int(rank.host.removeprefix("node"))] for rank in group)
        for group in placement.groups
    ]


def least_bytes(candidate: Candidate, racks: str, layers: int) -> int:
    """The least bytes between racks over every choice and order of hosts for one group."""
    links = group_traffic(candidate, model(layers, 7168, 129280))
    best = min(
        sum(size for (one, other), size in links.items() if order[one] != order[other])
        for order in set(permutations(racks, candidate.hosts))
    )
    return math.ceil(best)


def test_stage_3_sends_86_percent_less_between_racks_and_no_order_sends_less() -> None:
    """Eight hosts of two racks in turn, TP 4 x PP 8: 7 cuts become 1."""
    candidate = layout(4, 8, per_host=4)
    placement = place(candidate, in_racks("abababab"), R1_SIZES)
    assert hosts(placement) == [
        ["node0", "node2", "node4", "node6", "node1", "node3", "node5", "node7"]
    ]
    # Inventory order hands over 7 times and returns the token number once, ours once and once.
    assert placement.inventory_order_bytes == 7 * 28704 + 32
    assert placement.cross_rack_bytes == 28704 + 32
    assert placement.saved_percent == pytest.approx(85.7, abs=0.01)
    assert placement.saved_percent >= 62
    assert placement.cross_rack_bytes == least_bytes(candidate, "abababab", 61)
    assert placement.spares == ()


@settings(max_examples=150, deadline=None)
@given(
    racks=st.text("abcd", min_size=1, max_size=7),
    wide=st.sampled_from([1, 1, 2, 3]),
    stages=st.integers(1, 5),
    layers=st.sampled_from([5, 8, 61]),
)
def test_no_choice_or_order_of_hosts_sends_less_for_one_group(
    racks: str, wide: int, stages: int, layers: int
) -> None:
    candidate = layout(2 * wide, stages, per_host=2)
    if candidate.hosts > min(len(racks), 6):
        return
    placement = place(candidate, in_racks(racks, gpus=2), model(layers, 7168, 129280))
    assert placement.cross_rack_bytes == least_bytes(candidate, racks, layers)


@settings(max_examples=150, deadline=None)
@given(
    racks=st.lists(st.sampled_from("abc"), min_size=1, max_size=12).map("".join),
    gpus=st.lists(st.integers(1, 8), min_size=12, max_size=12),
    per_host=st.sampled_from([1, 2, 4]),
    wide=st.integers(1, 3),
    stages=st.integers(1, 3),
    groups=st.integers(1, 6),
)
def test_groups_take_each_gpu_once_and_no_group_is_split_without_need(
    racks: str, gpus: list[int], per_host: int, wide: int, stages: int, groups: int
) -> None:
    candidate = layout(per_host * wide, stages, per_host=per_host, groups=groups)
    nodes = [node(f"node{at}", rack, gpus=gpus[at]) for at, rack in enumerate(racks)]
    try:
        placement = place(candidate, nodes, model())
    except NoPlaceError:
        assert sum(most_whole(racks, gpus, candidate).values()) < groups
        return
    taken = Counter(
        (rank.host, gpu) for group in placement.groups for rank in group for gpu in rank.gpus
    )
    assert set(taken.values()) == {1}
    assert len(taken) == groups * candidate.gpus
    assert all(len({rank.host for rank in group}) == candidate.hosts for group in placement.groups)
    assert [[rank.rank for rank in group] for group in placement.groups] == [
        list(range(candidate.hosts))
    ] * groups
    whole = sum(len(set(names)) == 1 for names in racks_of(placement, racks))
    room = sum(most_whole(racks, gpus, candidate).values())
    # Hosts with room for several groups: all groups together may leave no host for whole ones.
    if room >= groups or max(gpus[: len(racks)]) < 2 * per_host:
        assert whole >= min(groups, room)
    assert placement.cross_rack_bytes <= placement.inventory_order_bytes
    assert placement == place(candidate, nodes, model())
    unused = {node.name for node in nodes} - {host for host, _gpu in taken}
    assert placement.spares == tuple(sorted(unused, key=lambda name: int(name[4:])))


def most_whole(racks: str, gpus: list[int], candidate: Candidate) -> dict[str, int]:
    """Groups that fit into each rack, by trying: take the hosts with most room for each group."""
    found = {}
    for rack in set(racks):
        room = [
            gpus[at] // candidate.gpus_per_host for at, name in enumerate(racks) if name == rack
        ]
        count = 0
        while True:
            room.sort(reverse=True)
            if len(room) < candidate.hosts or room[candidate.hosts - 1] < 1:
                break
            room = [left - (at < candidate.hosts) for at, left in enumerate(room)]
            count += 1
        found[rack] = count
    return found


@pytest.mark.parametrize(
    ("racks", "groups", "found", "spares"),
    [
        # Racks with most room first, so that few are touched.
        ("aabbbb", 1, ["bb"], ("node0", "node1", "node4", "node5")),
        ("aabbbb", 2, ["bb", "bb"], ("node0", "node1")),
        ("aabbbb", 3, ["bb", "bb", "aa"], ()),
        ("ababab", 2, ["aa", "bb"], ("node4", "node5")),
        # The third group finds one host in each rack.
        ("ababab", 3, ["aa", "bb", "ab"], ()),
        # No racks are known.
        ("......", 3, ["..", "..", ".."], ()),
    ],
)
def test_groups_of_two_hosts(
    racks: str, groups: int, found: list[str], spares: tuple[str, ...]
) -> None:
    placement = place(layout(4, 2, per_host=4, groups=groups), in_racks(racks), model())
    assert racks_of(placement, racks) == found
    assert placement.spares == spares


def test_a_group_that_fits_one_rack_sends_nothing_between_racks() -> None:
    placement = place(layout(4, 4, per_host=4), in_racks("abababab"), model())
    assert (placement.cross_rack_bytes, placement.inventory_order_bytes) == (0, 3 * 64 + 32)
    assert placement.saved_percent == 100.0
    assert placement.spares == ("node1", "node3", "node5", "node7")


def test_inventory_order_stays_where_it_sends_no_more() -> None:
    placement = place(layout(4, 2, per_host=4), in_racks("aa"), model())
    assert (placement.cross_rack_bytes, placement.inventory_order_bytes) == (0, 0)
    assert placement.saved_percent == 0.0


def test_bytes_are_the_mean_over_the_groups() -> None:
    """Two whole groups and one between racks: a third of 32 + 8 on and 8 back, and of 4 ranks."""
    placement = place(layout(1, 2, per_host=1, groups=3), in_racks("ababab", gpus=1), model())
    assert placement.cross_rack_bytes == 16
    assert placement.inventory_order_bytes == 48


def test_a_stage_is_cut_only_where_no_rack_holds_it_whole() -> None:
    """Stages of two hosts, three stages: five hosts of a hold two, and b one."""
    placement = place(layout(8, 3, per_host=4), in_racks("aaaaabbb"), model())
    assert racks_of(placement, "aaaaabbb") == ["aaaabb"]


def test_the_smallest_rack_that_takes_the_rest_is_used() -> None:
    placement = place(layout(4, 5, per_host=4), in_racks("aaaabbbccd"), model())
    assert racks_of(placement, "aaaabbbccd") == ["aaaad"]


def test_hosts_of_one_leaf_switch_stand_together() -> None:
    nodes = [node(f"node{at}", "a", leaf_switch=f"leaf{at % 2}") for at in range(4)]
    placement = place(layout(4, 4, per_host=4), nodes, model())
    assert hosts(placement) == [["node0", "node2", "node1", "node3"]]


def test_two_groups_share_hosts_with_gpus_for_both() -> None:
    placement = place(layout(8, 1, per_host=4, groups=2), in_racks("ab", gpus=8), model())
    assert hosts(placement) == [["node0", "node1"], ["node0", "node1"]]
    assert [[rank.gpus for rank in group] for group in placement.groups] == [
        [(0, 1, 2, 3), (0, 1, 2, 3)],
        [(4, 5, 6, 7), (4, 5, 6, 7)],
    ]


def test_small_groups_fill_a_host_before_the_next() -> None:
    placement = place(layout(4, 1, per_host=4, groups=3), in_racks("ab", gpus=8), model())
    assert hosts(placement) == [["node0"], ["node0"], ["node1"]]
    assert placement.spares == ()


def test_hosts_without_enough_gpus_are_spares() -> None:
    nodes = [node("small", "a", gpus=2), node("large", "a", gpus=4)]
    placement = place(layout(4, 1, per_host=4), nodes, model())
    assert (hosts(placement), placement.spares) == ([["large"]], ("small",))


def test_hosts_without_any_gpu_take_one_rank_each() -> None:
    placement = place(layout(1, 2, per_host=1), in_racks("..", gpus=0), model())
    assert [[rank.gpus for rank in group] for group in placement.groups] == [[(), ()]]


def test_each_rank_says_why_it_is_there() -> None:
    split = place(layout(4, 4, per_host=4), in_racks("abab"), model()).groups[0]
    assert split[2].reason == (
        "pipeline stage 2, tensor ranks 0 to 3; rack b holds ranks 2, 3 of the group"
    )
    whole = place(layout(16, 1, per_host=8), in_racks("aa", gpus=8), model()).groups[0]
    assert whole[1].reason == (
        "pipeline stage 0, tensor ranks 8 to 15; the whole group is in rack a"
    )
    several = place(layout(2, 4, per_host=4), in_racks("aa"), model()).groups[0]
    assert several[0].reason == (
        "pipeline stages 0 to 1, all tensor ranks; the whole group is in rack a"
    )
    unknown = place(layout(1, 2, per_host=1), [node("x"), node("y")], model()).groups[0]
    assert unknown[0].reason == "pipeline stage 0, tensor rank 0; no rack is known"


@pytest.mark.parametrize(
    ("candidate", "found"),
    [
        (layout(4, 4, per_host=4), "room for 0 groups of 4 hosts"),
        (layout(4, 1, per_host=4, groups=4), "room for 3 groups of 1 hosts"),
        (layout(8, 1, per_host=8), "0 hosts with 8 GPUs or more: room for 0 groups"),
    ],
)
def test_too_few_hosts_are_refused(candidate: Candidate, found: str) -> None:
    with pytest.raises(NoPlaceError) as refusal:
        place(candidate, in_racks("aab"), model())
    assert refusal.value.place_fault.code == "fewer_hosts_than_ranks"
    assert found in refusal.value.place_fault.found


@pytest.mark.parametrize(
    ("racks", "groups", "cross"),
    [
        # 16 racks of 625 hosts: one group of 8 is left in no rack.
        (16, 1248, 0),
        # Racks of 4 hosts: each group of 8 takes two.
        (2500, 1250, 28736),
    ],
)
def test_ten_thousand_hosts_are_placed(racks: int, groups: int, cross: int) -> None:
    nodes = [node(f"node{at}", f"rack{at % racks:04d}") for at in range(10_000)]
    placement = place(layout(4, 8, per_host=4, groups=groups), nodes, R1_SIZES)
    assert placement.cross_rack_bytes == cross
    assert placement.inventory_order_bytes == 7 * 28704 + 32
    assert len(placement.spares) == 10_000 - 8 * groups
