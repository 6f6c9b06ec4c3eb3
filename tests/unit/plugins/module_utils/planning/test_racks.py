"""The rack map of a topology file and of an inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import (
    Place,
    rack_faults,
    read_topology,
)

from tests.unit.plugins.module_utils.planning.placement_samples import node

ROOT = Path(__file__).resolve().parents[5]
HOSTS = ("gpu-01", "gpu-02", "gpu-03")
RACK = {"name": "r1", "leaf_switches": ["leaf1"], "hosts": ["gpu-01", "gpu-02", "gpu-03"]}


def faults(document: Any) -> list[tuple[str, str, str]]:
    found = read_topology(document, HOSTS, source="racks.yml").faults
    return [(fault.code, fault.where, fault.found) for fault in found]


def test_the_example_file_gives_each_host_its_rack_and_switch() -> None:
    document = yaml.safe_load((ROOT / "inventories/examples/4x8-a100-80/topology.yml").read_text())
    hosts = ("gpu-01", "gpu-02", "gpu-03", "gpu-04")
    topology = read_topology(document, hosts, source="topology.yml")
    assert topology.faults == ()
    assert topology.places == {
        "gpu-01": Place("r1", "leaf-r1"),
        "gpu-03": Place("r1", "leaf-r1"),
        "gpu-02": Place("r2", "leaf-r2"),
        "gpu-04": Place("r2", "leaf-r2"),
    }


def test_rails_are_of_a_host_and_several_switches_of_none() -> None:
    rack = {**RACK, "leaf_switches": ["a", "b"], "rails": {"gpu-02": ["mlx5_0", "mlx5_1"]}}
    topology = read_topology({"racks": [rack]}, HOSTS, source="racks.yml")
    assert topology.places["gpu-01"] == Place("r1", "")
    assert topology.places["gpu-02"] == Place("r1", "", ("mlx5_0", "mlx5_1"))


@pytest.mark.parametrize(
    ("racks", "found"),
    [
        (
            [{**RACK, "hosts": ["gpu-01", "gpu-02", "gpu-03", "gpu-3"]}],
            [("rack_of_unknown_host", "racks.yml: rack r1", "host gpu-3")],
        ),
        (
            [{**RACK, "hosts": ["gpu-01", "gpu-02"]}],
            [("rack_missing", "racks.yml", "no rack for gpu-03")],
        ),
        (
            [RACK, {"name": "r2", "hosts": ["gpu-02"]}],
            [("host_in_two_racks", "racks.yml", "gpu-02 in r1 and r2")],
        ),
        (
            [{**RACK, "hosts": ["gpu-01", "gpu-01", "gpu-02", "gpu-03"]}],
            [("host_in_two_racks", "racks.yml", "gpu-01 in r1 and r1")],
        ),
        (
            [{**RACK, "hosts": ["gpu-01", "gpu-02"]}, {**RACK, "hosts": ["gpu-03"]}],
            [("rack_twice", "racks.yml", "2 racks named r1")],
        ),
        (
            [{**RACK, "rails": {"gpu-09": ["mlx5_0"]}}],
            [("rails_of_host_elsewhere", "racks.yml: rack r1", "rails of gpu-09")],
        ),
        (
            [{**RACK, "leaf_switch": "leaf1"}],
            [("unknown_topology_key", "racks.yml: racks[0]", "key leaf_switch")],
        ),
        (
            [{"hosts": list(HOSTS)}],
            [("topology_value_invalid", "racks.yml: racks[0].name", "None")],
        ),
        (
            [{"name": "r1", "hosts": []}],
            [("topology_value_invalid", "racks.yml: racks[0].hosts", "[]")],
        ),
        (
            [{**RACK, "leaf_switches": "leaf1"}],
            [("topology_value_invalid", "racks.yml: racks[0].leaf_switches", "'leaf1'")],
        ),
        (
            [{**RACK, "rails": ["mlx5_0"]}],
            [("topology_value_invalid", "racks.yml: racks[0].rails", "['mlx5_0']")],
        ),
        (["r1"], [("topology_value_invalid", "racks.yml: racks[0]", "'r1'")]),
        ([], [("topology_value_invalid", "racks.yml", "{'racks': []}")]),
    ],
)
def test_a_bad_rack_map_is_refused(racks: Any, found: list[tuple[str, str, str]]) -> None:
    assert faults({"racks": racks}) == found


def test_a_file_that_is_no_mapping_is_refused() -> None:
    assert faults(None) == [("topology_value_invalid", "racks.yml", "None")]


def test_all_faults_are_told_at_once() -> None:
    racks = [{"name": "r1", "hosts": ["gpu-1"]}, {"name": "r1", "hosts": ["gpu-01", "gpu-02"]}]
    assert faults({"racks": racks}) == [
        ("rack_missing", "racks.yml", "no rack for gpu-03"),
        ("rack_twice", "racks.yml", "2 racks named r1"),
        ("rack_of_unknown_host", "racks.yml: rack r1", "host gpu-1"),
    ]


def test_a_nearly_right_host_is_suggested() -> None:
    rack = {"name": "r1", "hosts": [*HOSTS, "gpu-3"]}
    fault = read_topology({"racks": [rack]}, HOSTS, source="racks.yml").faults[0]
    assert fault.fix == "write gpu-03, or remove gpu-3"
    rack = {"name": "r1", "hosts": [*HOSTS, "storage"]}
    fault = read_topology({"racks": [rack]}, HOSTS, source="racks.yml").faults[0]
    assert fault.fix == "remove storage"


def test_in_an_inventory_all_hosts_have_a_rack_or_none() -> None:
    assert rack_faults([node("a"), node("b")], source="inventory") == ()
    assert rack_faults([node("a", "r1"), node("b", "r2")], source="inventory") == ()
    found = rack_faults([node("a", "r1"), node("b")], source="inventory")
    assert [(fault.code, fault.found) for fault in found] == [("rack_missing", "no rack for b")]
    assert found[0].fix == "set site_rack of b, or add it to the topology file"
