from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.planned import (
    planned_groups,
    planned_labels,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Group,
    Layout,
    Model,
    Plan,
    Ports,
    Rank,
    Resources,
)

RACK = "sglang.baremetal.io/rack"
RACKS = {"a": "one", "b": "one", "c": "two", "d": "two"}


def group(name: str, hosts: str, *arguments: str) -> Group:
    """A group with its hosts in one word of letters."""
    ranks = tuple(Rank(rank, host, (0, 1)) for rank, host in enumerate(hosts))
    return Group(name, ranks, arguments=arguments)


def plan(*groups: Group, racks: dict[str, str]) -> Plan:
    return Plan(
        inventory="site",
        model=Model("llama", "bfloat16"),
        engine_part="sglang-cuda",
        layout=Layout(2, 1, 1),
        groups=groups,
        arguments=("--tp-size", "2"),
        environment=(("A", "1"),),
        ports=Ports(30000, 20000),
        resources=Resources("8", 64, "rdma/hca"),
        shared_memory_mib=1024,
        startup_seconds=600,
        cache_path="/srv/cache/sglang-v1",
        racks=tuple(racks.items()),
    )


def test_a_group_has_all_that_the_plan_says_of_it() -> None:
    (found,) = planned_groups(plan(group("g", "ab"), racks=RACKS))
    assert found == {
        "name": "g",
        "ranks": [
            {"rank": 0, "host": "a", "gpus": [0, 1]},
            {"rank": 1, "host": "b", "gpus": [0, 1]},
        ],
        "exclusive_topology": RACK,
        "served_model_name": "llama",
        "arguments": ["--tp-size", "2"],
        "environment": {"A": "1"},
        "resources": {"cpu": "8", "memory_gib": 64, "rdma": "rdma/hca"},
        "ports": {"serving": 30000, "distributed": 20000},
        "shared_memory_mib": 1024,
        "startup_seconds": 600,
        "cache_path": "/srv/cache/sglang-v1",
    }


def test_a_groups_own_arguments_follow_those_of_the_plan() -> None:
    prefill = group("p", "a", "--disaggregation-mode", "prefill")
    found = planned_groups(plan(prefill, group("d", "c"), racks={}))
    assert [each["arguments"] for each in found] == [
        ["--tp-size", "2", "--disaggregation-mode", "prefill"],
        ["--tp-size", "2"],
    ]


@pytest.mark.parametrize(
    ("hosts", "others", "racks", "label"),
    [
        ("ab", [], RACKS, RACK),
        ("a", [], RACKS, RACK),
        ("ab", ["cd"], RACKS, RACK),
        ("a", ["b"], RACKS, ""),
        ("ab", ["bc"], RACKS, ""),
        ("ab", ["c", "d", "a"], RACKS, ""),
        ("abcd", [], RACKS, ""),
        ("ax", [], RACKS, ""),
        ("x", [], RACKS, ""),
        ("ab", [], {}, ""),
    ],
)
def test_a_group_that_is_alone_in_its_one_rack_has_it_for_itself(
    hosts: str, others: list[str], racks: dict[str, str], label: str
) -> None:
    beside = [group(f"other-{number}", word) for number, word in enumerate(others)]
    assert planned_groups(plan(group("g", hosts), *beside, racks=racks))[0][
        "exclusive_topology"
    ] == (label)


def test_hosts_have_their_racks_as_labels_in_order_of_names() -> None:
    labels = planned_labels(plan(group("g", "a"), racks={"b": "one", "a": "two"}))
    assert list(labels.items()) == [("a", {"rack": "two"}), ("b", {"rack": "one"})]


def test_a_plan_without_racks_labels_nothing() -> None:
    assert planned_labels(plan(group("g", "a"), racks={})) == {}
