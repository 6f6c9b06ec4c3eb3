"""Which nodes are added and which feed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.addition import (
    Addition,
    plan_addition,
)

WORKERS = ("n1", "n2", "n3", "n4", "n5")
RACKS = {"n1": "r1", "n2": "r1", "n3": "r2", "n4": "r2", "n5": "r2"}


def node(name: str, ready: str = "True") -> dict[str, Any]:
    conditions = [
        {"type": "MemoryPressure", "status": "True"},
        {"type": "Ready", "status": ready},
    ]
    return {"metadata": {"name": name}, "status": {"conditions": conditions}}


def plan(
    *nodes: Mapping[str, Any],
    asked: Sequence[str] = (),
    workers: Sequence[str] = WORKERS,
    serving: Sequence[str] = WORKERS,
    racks: Mapping[str, str] = RACKS,
) -> Addition:
    return plan_addition(asked, workers=workers, serving=serving, racks=racks, nodes=nodes)


def test_the_workers_that_the_cluster_lacks_are_added_and_fed_from_their_rack() -> None:
    found = plan(node("cp"), node("n1"), node("n2"), node("n3"), node("n4"))
    assert found == Addition(("n5",), ("n3", "n4"), ())


def test_a_neighbour_of_another_rack_feeds_where_the_rack_has_too_few() -> None:
    assert plan(node("n1"), node("n2"), node("n4"), asked=["n5"]).feeders == ("n4", "n1")


def test_no_rack_is_no_common_rack() -> None:
    found = plan(node("n1"), node("n2"), node("n3"), asked=["n5"], racks={"n3": "", "n5": ""})
    assert found.feeders == ("n1", "n2")


def test_a_node_that_is_not_ready_or_says_nothing_feeds_nobody() -> None:
    silent = {"metadata": {"name": "n2"}}
    found = plan(node("n1", "Unknown"), silent, node("n3"), asked=["n4", "n5"])
    assert found.feeders == ("n3",)


def test_an_addition_that_did_not_end_goes_on_by_name_and_does_not_feed_itself() -> None:
    found = plan(node("n1"), node("n5"), asked=["n5"])
    assert found == Addition(("n5",), ("n1",), ())


def test_hosts_that_serve_nothing_need_no_feeder() -> None:
    assert plan(node("n1"), asked=["n5"], serving=["n1", "n2"]).feeders == ()


def test_nothing_to_add_is_refused_with_the_way_to_name_a_host() -> None:
    found = plan(*(node(name) for name in WORKERS))
    assert found.added == ()
    assert len(found.faults) == 1
    assert '-e \'{"site_added_nodes": ["n1"]}\'' in found.faults[0]


@pytest.mark.parametrize(
    ("workers", "shown"), [(WORKERS, "n1, n2, n3, n4, n5"), ((), "which is empty")]
)
def test_every_host_that_is_no_worker_is_refused(workers: Sequence[str], shown: str) -> None:
    found = plan(node("n1"), asked=["gpu9", "cp"], workers=workers)
    assert [fault.split(",")[0] for fault in found.faults] == [
        "site_added_nodes: found gpu9",
        "site_added_nodes: found cp",
    ]
    assert shown in found.faults[0]
