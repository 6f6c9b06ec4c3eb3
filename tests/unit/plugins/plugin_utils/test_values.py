"""Variables read out of a real inventory by Ansible's own variable manager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from ansible_collections.baremetal.sglang.plugins.plugin_utils.values import Input, Reader

SPECS: dict[str, dict[str, Any]] = {
    "site": {
        "site_domain": {"type": "str", "default": "cluster.internal"},
        "site_endpoint": {"type": "str", "default": "api.{{ site_domain }}"},
        "site_port": {"type": "int", "default": 30080},
        "site_rack": {"type": "str", "default": ""},
        "site_gpus": {"type": "int", "default": 0},
        "site_storage_devices": {"type": "list", "elements": "str", "default": []},
        "site_storage_discover": {"type": "bool", "default": False},
    },
    "mirror": {"mirror_http_port": {"type": "int", "default": 8080}},
}
HOSTS = {"cp1": {"ansible_host": "10.0.0.1"}, "node1": {"ansible_host": "{{ prefix }}.2"}}
GROUPS: dict[str, Any] = {
    "control_plane": {"hosts": {"cp1": {}}},
    "serving": {"hosts": {"node1": {}}},
    "worker": {"hosts": {"node1": {}}},
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path


def reader(directory: Path, *, all_vars: dict[str, Any], node1: dict[str, Any]) -> Reader:
    """A reader of an inventory whose group all and host node1 have the given variables."""
    hosts = {**HOSTS, "node1": {**HOSTS["node1"], **node1}}
    inventory = {
        "all": {"hosts": hosts, "children": GROUPS, "vars": {"prefix": "10.0.0", **all_vars}}
    }
    source = directory / "hosts.yml"
    source.write_text(yaml.safe_dump(inventory))
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[str(source)])
    variables = VariableManager(loader=loader, inventory=manager)
    hostvars = HostVars(manager, variables, loader)
    defaults = {
        name: trust_as_template(spec["default"])
        if isinstance(spec["default"], str)
        else spec["default"]
        for name, spec in SPECS["site"].items()
    }
    task_vars = {**defaults, **hostvars.raw_get("localhost"), "hostvars": hostvars}
    return Reader(Templar(loader=loader), task_vars, SPECS)


def read(directory: Path, all_vars: dict[str, Any], node1: dict[str, Any] | None = None) -> Input:
    one = reader(directory, all_vars=all_vars, node1=node1 or {})
    return one.read(one.inventory())


def faults(given: Input) -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in given.faults]


def test_the_inventory_has_groups_addresses_and_unknown_groups(directory: Path) -> None:
    inventory = reader(directory, all_vars={}, node1={}).inventory()
    assert inventory.groups == {"control_plane": ("cp1",), "serving": ("node1",)}
    assert inventory.addresses == {"cp1": "10.0.0.1", "node1": "10.0.0.2"}
    assert inventory.other_groups == ("worker",)


@pytest.mark.parametrize("address", ["{{ nothing }}", "{{ 1 +"])
def test_an_address_that_cannot_be_evaluated_is_not_given(directory: Path, address: str) -> None:
    one = reader(directory, all_vars={}, node1={"ansible_host": address})
    assert one.inventory().addresses["node1"] == ""


def test_only_names_of_the_site_and_of_roles_are_read(directory: Path) -> None:
    given = read(
        directory, {"site_domian": "x", "other": 1, "mirrored": 1}, {"mirror_http_port": 1}
    )
    assert [(variable.name, sorted(variable.values)) for variable in given.given] == [
        ("mirror_http_port", ["node1"]),
        ("site_domian", ["cp1", "localhost", "node1"]),
    ]
    assert given.faults == ()


def test_values_are_evaluated_over_the_defaults_and_converted(directory: Path) -> None:
    given = read(directory, {"site_domain": "{{ 'prod' }}.example", "site_port": "30081"})
    assert given.site == {
        "site_domain": "prod.example",
        "site_endpoint": "api.prod.example",
        "site_port": 30081,
        "site_rack": "",
        "site_gpus": 0,
        "site_storage_devices": [],
        "site_storage_discover": False,
    }


def test_a_wrong_value_is_one_fault_and_its_default_stands_in(directory: Path) -> None:
    given = read(directory, {"site_domain": ["a"], "site_port": "{{ nothing }}"})
    assert faults(given) == [("value_invalid", "site_domain"), ("value_unreadable", "site_port")]
    assert given.site["site_endpoint"] == "api.cluster.internal"
    assert given.site["site_port"] == 30080


def test_values_of_a_host_are_checked_for_each_host(directory: Path) -> None:
    given = read(directory, {"site_gpus": 4}, {"site_gpus": "eight", "site_rack": ["r1"]})
    assert faults(given) == [
        ("value_invalid", "site_gpus (node1)"),
        ("value_invalid", "site_rack (node1)"),
    ]
    assert given.gpus == {"cp1": 4, "node1": 0}


@pytest.mark.parametrize(
    ("node1", "disks"),
    [
        ({"site_storage_devices": ["S1"]}, {"node1"}),
        ({"site_storage_devices": []}, set()),
        ({"site_storage_discover": True}, {"node1"}),
        ({}, set()),
    ],
)
def test_hosts_whose_weights_get_disks(
    directory: Path, node1: dict[str, Any], disks: set[str]
) -> None:
    assert read(directory, {}, node1).disks == disks


def test_a_role_s_variable_is_one_fault_for_all_its_hosts(directory: Path) -> None:
    given = read(directory, {"mirror_http_port": "http"})
    assert faults(given) == [("value_invalid", "mirror_http_port (all hosts)")]
