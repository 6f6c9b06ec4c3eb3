"""Inventories as questions to the planner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.planned_sites import HOST_VALUES, SITE_VALUES, SITES, planning_options
from tools.roles import ROOT


def test_every_inventory_that_declares_hardware_is_a_site() -> None:
    found = {
        str(path.parent.relative_to(ROOT / "inventories"))
        for path in (ROOT / "inventories").rglob("hosts.yml")
    }
    assert found == {*SITES, "lab"}


def test_the_playbook_asks_the_same_of_the_planner() -> None:
    playbook = (ROOT / "playbooks/plan.yml").read_text()
    for argument, variable in SITE_VALUES.items():
        assert f'        {argument}: "{{{{ {variable} }}}}"\n' in playbook
    hosts = (ROOT / "playbooks/vars/planning.yml").read_text()
    for argument, variable in HOST_VALUES.items():
        assert f'  {argument}: "{{{{ {variable} }}}}"\n' in hosts


def test_a_site_is_read_with_its_hosts_in_order_and_the_defaults() -> None:
    options = planning_options("stage3-cross-rack")
    assert [host["name"] for host in options["hosts"]] == [f"gpu-0{n}" for n in range(1, 9)]
    assert [host["rack"] for host in options["hosts"]] == ["r1", "r2"] * 4
    assert options["hosts"][0]["hardware"]["gpus"] == 4
    assert options["hosts"][0]["address"] == "10.20.0.12"
    assert options["constraints"]["weight_format"] == "bfloat16"
    assert options["constraints"]["concurrency"] == 1
    assert options["inventory"] == "stage3-cross-rack"


def test_a_path_in_the_inventory_is_found_beside_it() -> None:
    topology = planning_options("examples/4x8-a100-80")["topology_file"]
    assert topology == str(ROOT / "inventories/examples/4x8-a100-80/topology.yml")


def test_a_value_that_the_module_would_refuse_is_an_error(tmp_path: Path) -> None:
    for name in ("roles", "catalogue"):
        (tmp_path / name).symlink_to(ROOT / name)
    site = tmp_path / "inventories" / "wrong"
    site.mkdir(parents=True)
    text = (ROOT / "inventories/stage1-single-node/hosts.yml").read_text()
    (site / "hosts.yml").write_text(f"{text}  vars:\n    site_objective: fastest\n")
    with pytest.raises(ValueError, match="inventories/wrong: value of objective must be one of"):
        planning_options("wrong", tmp_path)
