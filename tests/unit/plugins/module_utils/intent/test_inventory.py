"""Groups, host names and addresses."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import (
    Inventory,
    inventory_faults,
    is_ipv4,
)

from tests.unit.plugins.module_utils.intent.samples import INVENTORY, inventory


def found(given: Inventory) -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in inventory_faults(given)]


def test_the_sample_has_no_fault() -> None:
    assert found(INVENTORY) == []


@pytest.mark.parametrize(
    ("groups", "code", "where"),
    [
        ({"control_plane": (), "workers": ("cp1", "node1")}, "no_control_plane_host", "control"),
        ({"control_plane": ("cp1", "cp2")}, "even_control_plane", "group control_plane"),
        ({"serving": ()}, "no_serving_host", "group serving"),
        ({"workers": ("cp1", "node1")}, "exclusive_groups", "cp1"),
        ({"serving": ("node2",)}, "host_outside_cluster", "node2"),
        ({"gpu": ("node2",)}, "host_outside_cluster", "node2"),
        ({"workers": ("node1", "node_2")}, "host_name_invalid", "node_2"),
        ({"workers": ("node1", "-node2")}, "host_name_invalid", "-node2"),
        ({"workers": ("node1", "n" * 64)}, "host_name_invalid", "n" * 64),
        ({"workers": ("node1", "NODE1")}, "host_name_twice", "NODE1, node1"),
    ],
)
def test_a_wrong_group_is_one_fault(
    groups: dict[str, tuple[str, ...]], code: str, where: str
) -> None:
    faults = list(inventory_faults(inventory(**groups)))
    assert [fault.code for fault in faults] == [code]
    assert where in faults[0].where


@pytest.mark.parametrize("count", [1, 3, 5])
def test_an_odd_control_plane_is_no_fault(count: int) -> None:
    hosts = tuple(f"cp{number}" for number in range(1, count + 1))
    assert found(inventory(control_plane=hosts)) == []


def test_an_empty_group_points_at_a_group_of_nearly_its_name() -> None:
    given = dataclasses.replace(
        inventory(control_plane=(), workers=("cp1", "node1")), other_groups=("control-plane",)
    )
    assert [fault.fix for fault in inventory_faults(given)] == [
        "rename the group control-plane to control_plane"
    ]


@pytest.mark.parametrize(
    ("address", "code", "where"),
    [
        ("", "address_missing", "node1"),
        ("node1.example", "address_invalid", "node1"),
        ("fd00::1", "address_invalid", "node1"),
        ("10.79.0.11", "duplicate_address", "cp1, node1"),
    ],
)
def test_a_wrong_address_is_one_fault(address: str, code: str, where: str) -> None:
    given = dataclasses.replace(INVENTORY, addresses={"cp1": "10.79.0.11", "node1": address})
    assert found(given) == [(code, where)]


@pytest.mark.parametrize(
    ("hosts", "place"),
    [
        (["cp1", "node1"], "all hosts"),
        (["cp1", "node1", "localhost"], "all hosts"),
        (["node1"], "node1"),
        (["node2", "node1"], "group workers"),
        (["node2", "cp1"], "cp1, node2"),
    ],
)
def test_a_set_of_hosts_has_its_shortest_name(hosts: list[str], place: str) -> None:
    given = INVENTORY if len(INVENTORY.hosts) == 2 and "node2" not in hosts else None
    given = given or inventory(workers=("node1", "node2"))
    assert given.place(hosts) == place


def test_nodes_are_the_hosts_of_control_plane_and_workers() -> None:
    assert inventory(mirror=("store",)).nodes == ("cp1", "node1")
    assert inventory(mirror=("store",)).hosts == ("cp1", "node1", "store")


@pytest.mark.parametrize(("text", "valid"), [("10.0.0.1", True), ("10.0.0", False), ("a", False)])
def test_an_ipv4_address_is_recognised(text: str, valid: bool) -> None:
    assert is_ipv4(text) is valid
