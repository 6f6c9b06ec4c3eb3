from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (
    FanOut,
    FanOutNode,
    Feed,
    Manner,
    plan_fan_out,
    slow_nodes,
)
from hypothesis import given
from hypothesis import strategies as st

PASSED_ON, STORED = Manner


def node(name: str, rack: str = "r1", rate: float | None = None) -> FanOutNode:
    return FanOutNode(name, rack, rate)


def feeders(plan: FanOut) -> dict[str, tuple[str, ...]]:
    return {feed.node: feed.feeders for feed in plan.feeds}


def test_nodes_of_one_rack_form_one_chain_that_the_last_one_pulls() -> None:
    plan = plan_fan_out([node("c"), node("a"), node("b"), node("d")])
    assert plan.feeds == (
        Feed("a", (), PASSED_ON, pulls=False),
        Feed("b", ("a",), PASSED_ON, pulls=False),
        Feed("c", ("b", "a"), PASSED_ON, pulls=False),
        Feed("d", ("c", "b"), PASSED_ON, pulls=True),
    )
    assert plan.chains == (("a", "b", "c", "d"),)
    assert plan.source_copies == 1


def test_who_is_fed_by_a_source_that_no_relay_reads_gives_whole_files_on() -> None:
    nodes = [node("a"), node("b"), node("c"), node("x", "r2"), node("y", "r2")]
    assert plan_fan_out(nodes, relayable=False).feeds == (
        Feed("a", (), PASSED_ON, pulls=True),
        Feed("b", ("a",), STORED, pulls=False),
        Feed("c", ("b", "a"), PASSED_ON, pulls=True),
        Feed("x", ("c",), STORED, pulls=False),
        Feed("y", ("x",), PASSED_ON, pulls=True),
    )


def test_the_node_that_has_the_source_heads_all_however_slow_it_is() -> None:
    slow = FanOutNode("z", "r2", 1, has_source=True)
    plan = plan_fan_out([node("a", rate=9), node("b", rate=9), slow, node("c", "r2", 9)])
    assert plan.chains == (("z", "c"), ("a", "b"))
    assert feeders(plan) == {"z": (), "c": ("z",), "a": ("c",), "b": ("a",)}


def test_with_a_holder_no_source_is_read_whatever_it_is() -> None:
    nodes, holders = [node("a"), node("b"), node("c")], frozenset("a")
    assert plan_fan_out(nodes, holders=holders, relayable=False) == plan_fan_out(
        nodes, holders=holders
    )


def test_one_node_pulls_from_the_source() -> None:
    assert plan_fan_out([node("a")]).feeds == (Feed("a", (), PASSED_ON, pulls=True),)


def test_the_fastest_node_of_a_rack_comes_first_and_an_unknown_one_counts_as_the_median() -> None:
    plan = plan_fan_out([node("a", rate=10), node("b", rate=12), node("c"), node("d", rate=11)])
    assert plan.chains == (("b", "c", "d", "a"),)


def test_a_further_rack_is_headed_from_the_tail_before_it_when_links_are_equal() -> None:
    plan = plan_fan_out([node(f"{rack}{n}", rack) for rack in ("x", "y", "z") for n in (1, 2)])
    assert plan.chains == (("x1", "x2"), ("y1", "y2"), ("z1", "z2"))
    assert feeders(plan) == {
        "x1": (),
        "x2": ("x1",),
        "y1": ("x2",),
        "y2": ("y1",),
        "z1": ("y2",),
        "z2": ("z1",),
    }
    assert plan.feed("y1").manner is STORED
    assert plan.feed("y2").manner is PASSED_ON


def test_a_further_rack_is_headed_from_a_head_whose_link_carries_both_streams() -> None:
    fast = [node("x1", "x", 30), node("x2", "x", 10)]
    plan = plan_fan_out([*fast, node("y1", "y", 10), node("z1", "z", 10), node("w1", "zz", 10)])
    assert feeders(plan) == {
        "x1": (),
        "x2": ("x1",),
        "y1": ("x1",),
        "z1": ("x1",),
        "w1": ("x2",),
    }


def test_a_slow_node_is_fed_by_its_racks_tail_with_files_held_whole() -> None:
    plan = plan_fan_out([node("a", rate=10), node("b", rate=5), node("c", rate=10)])
    assert plan.chains == (("a", "c"),)
    assert plan.feed("b") == Feed("b", ("c",), STORED, pulls=True)
    assert plan.source_copies == 1


@pytest.mark.parametrize(("rate", "slow"), [(7.9, True), (8.0, False)])
def test_slow_is_below_a_share_of_the_median(rate: float, slow: bool) -> None:
    plan = plan_fan_out([node("a", rate=10), node("b", rate=rate), node("c", rate=10)])
    assert (plan.feed("b").manner is STORED) is slow
    kept = plan_fan_out(
        [node("a", rate=10), node("b", rate=7.9), node("c", rate=10)], slow_share=0.5
    )
    assert kept.chains == (("a", "c", "b"),)


def test_two_slow_nodes_share_a_tail_that_carries_both_and_no_more() -> None:
    fast = [node(name, rate=10) for name in "abcdefg"]
    slow = [node(name, rate=5) for name in "xyz"]
    plan = plan_fan_out([*fast, *slow])
    assert feeders(plan)["x"] == ("g",)
    assert feeders(plan)["y"] == ("x",)
    assert feeders(plan)["z"] == ("y",)
    crawling = plan_fan_out([*fast, *(node(name, rate=3) for name in "xyz")])
    assert feeders(crawling)["x"] == ("g",)


def test_a_rack_of_slow_nodes_is_fed_from_another_rack() -> None:
    plan = plan_fan_out([node("a", "x", 10), node("b", "x", 10), node("c", "y", 2)])
    assert plan.chains == (("a", "b"),)
    assert plan.feed("c") == Feed("c", ("b",), STORED, pulls=True)


def test_holders_feed_and_the_source_sends_nothing() -> None:
    nodes = [node("a"), node("b"), node("new"), node("far", "r2")]
    plan = plan_fan_out(nodes, holders=frozenset({"a", "b"}))
    assert feeders(plan) == {"new": ("a",), "far": ("b",)}
    assert plan.source_copies == 0
    assert plan_fan_out([node("a")], holders=frozenset({"a"})) == FanOut((), ())


def test_a_lost_node_is_left_out_and_its_neighbours_close_up() -> None:
    left = [node(name) for name in "acd"]
    assert plan_fan_out(left).chains == (("a", "c", "d"),)
    again = plan_fan_out(left, holders=frozenset("a"))
    assert feeders(again) == {"c": ("a",), "d": ("c",)}


def test_a_node_that_proved_slow_leaves_the_chain() -> None:
    plan = plan_fan_out([node(name) for name in "abcd"], aside=frozenset("b"))
    assert plan.chains == (("a", "c", "d"),)
    assert plan.feed("b") == Feed("b", ("d",), STORED, pulls=True)


def test_when_every_node_proved_slow_one_of_them_heads_the_others() -> None:
    plan = plan_fan_out([node("a", rate=1), node("b", rate=2)], aside=frozenset("ab"))
    assert feeders(plan) == {"b": (), "a": ("b",)}


def test_no_node_left_is_an_error() -> None:
    with pytest.raises(InputError, match="no node is left to feed"):
        plan_fan_out([])


def test_all_faults_are_told_at_once() -> None:
    wrong = [node("a"), node("a"), node("b", rate=0), node("c", rate=float("nan"))]
    with pytest.raises(InputError) as caught:
        plan_fan_out(wrong, holders=frozenset({"z"}), slow_share=1.5)
    assert caught.value.details["faults"] == [
        "holder 'z' is not one of the nodes",
        "node 'a' is named more than once",
        "node 'b': its link has 0 bytes/s, more than 0 is needed",
        "node 'c': its link has nan bytes/s, more than 0 is needed",
        "slow_share 1.5: more than 0 and at most 1 is needed",
    ]


@pytest.mark.parametrize(
    ("receiving", "found"),
    [
        ({"a": 10, "b": 10, "c": 5, "d": 5}, {"c"}),
        ({"a": 10, "b": 9, "c": 8, "d": 7}, set()),
        ({"a": 10, "c": 4}, {"c"}),
        ({"a": 10, "b": 5, "c": 1, "d": 1}, {"b"}),
        ({}, set()),
    ],
)
def test_the_first_node_that_lags_its_feeder_is_the_slow_one(
    receiving: dict[str, float], found: set[str]
) -> None:
    assert slow_nodes(plan_fan_out([node(name) for name in "abcd"]), receiving) == found


rates = st.one_of(st.none(), st.integers(1, 20).map(float))
clusters = st.lists(
    st.builds(FanOutNode, st.uuids().map(str), st.sampled_from(["r1", "r2", "r3"]), rates),
    min_size=1,
    max_size=24,
    unique_by=lambda node: node.name,
)


@given(clusters, st.data())
def test_every_node_is_fed_once_by_nodes_that_were_fed_before_it(
    nodes: list[FanOutNode], data: st.DataObject
) -> None:
    holders = frozenset(data.draw(st.sets(st.sampled_from([node.name for node in nodes]))))
    plan = plan_fan_out(nodes, holders=holders)
    assert sorted([*holders, *(f.node for f in plan.feeds)]) == sorted(n.name for n in nodes)
    fed = set(holders)
    for feed in plan.feeds:
        assert set(feed.feeders) <= fed
        fed.add(feed.node)
    assert plan.source_copies == (0 if holders else 1)


@given(clusters, st.data())
def test_the_order_of_the_nodes_changes_nothing(
    nodes: list[FanOutNode], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(nodes))
    assert plan_fan_out(shuffled) == plan_fan_out(nodes)


@given(clusters)
def test_no_chain_holds_a_slow_node_and_each_is_pulled_at_its_end(nodes: list[FanOutNode]) -> None:
    plan = plan_fan_out(nodes)
    chained = [name for chain in plan.chains for name in chain]
    known = [n.bytes_per_second for n in nodes if n.bytes_per_second is not None]
    if known:
        middle = sorted(known)[len(known) // 2 - (len(known) % 2 == 0)]
        slow = {n.name for n in nodes if (n.bytes_per_second or middle) < 0.8 * middle}
        assert not slow & set(chained)
    pulling = {feed.node for feed in plan.feeds if feed.pulls}
    beside = {feed.node for feed in plan.feeds} - set(chained)
    assert pulling == beside | {chain[-1] for chain in plan.chains}
    assert len({n.rack for n in nodes if n.name in chained}) == len(plan.chains)


@given(st.lists(st.sampled_from(["r1", "r2", "r3", "r4"]), min_size=1, max_size=24))
def test_between_equal_links_no_node_sends_twice(racks: list[str]) -> None:
    plan = plan_fan_out([node(f"n{number:02}", rack) for number, rack in enumerate(racks)])
    first = [feed.feeders[0] for feed in plan.feeds if feed.feeders]
    assert len(first) == len(set(first)) == len(racks) - 1


@given(clusters, st.data())
def test_a_plan_after_a_loss_feeds_whoever_is_left(
    nodes: list[FanOutNode], data: st.DataObject
) -> None:
    names = [node.name for node in nodes]
    lost = frozenset(data.draw(st.sets(st.sampled_from(names), max_size=len(names) - 1)))
    slow = frozenset(data.draw(st.sets(st.sampled_from(names))))
    left = [node for node in nodes if node.name not in lost]
    plan = plan_fan_out(left, aside=slow)
    assert {feed.node for feed in plan.feeds} == set(names) - lost
    assert not {feeder for feed in plan.feeds for feeder in feed.feeders} & lost
    chained = {name for chain in plan.chains for name in chain}
    assert not chained & slow or set(names) - lost <= slow | _slow_by_rate(nodes, lost)


def _slow_by_rate(nodes: list[FanOutNode], lost: frozenset[str]) -> set[str]:
    plan = plan_fan_out([node for node in nodes if node.name not in lost])
    return {feed.node for feed in plan.feeds if feed.pulls and feed.manner is STORED}
