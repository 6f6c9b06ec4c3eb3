"""Names that a person gave."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.variables import (
    Given,
    name_faults,
    port_number_faults,
    prefix_of,
    scope_faults,
)

from tests.unit.plugins.module_utils.intent.samples import INVENTORY

KNOWN = {
    "site": ["site_pod_network", "site_rack"],
    "mirror": ["mirror_http_port"],
    "control_plane": ["control_plane_pod_network"],
    "control": ["control_x"],
}
MAPPED = {"control_plane_pod_network": "site_pod_network", "mirror_http_port": ""}
EVERYWHERE = ("cp1", "node1", "localhost")


def given(name: str, hosts: tuple[str, ...] = EVERYWHERE, value: Any = 1) -> Given:
    return Given(name, dict.fromkeys(hosts, value))


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("site_modle", "site"),
        ("control_plane_pod_netwrok", "control_plane"),
        ("control_tower", "control"),
        ("mirrors", ""),
        ("ansible_host", ""),
    ],
)
def test_a_name_belongs_to_its_longest_prefix(name: str, prefix: str) -> None:
    assert prefix_of(name, KNOWN) == prefix


@pytest.mark.parametrize(
    ("variable", "code", "where", "fix"),
    [
        (
            given("site_pod_netwrok"),
            "unknown_variable",
            "site_pod_netwrok (all hosts)",
            "write site_pod_network, or remove site_pod_netwrok",
        ),
        (
            given("mirror_xyzw", ("node1",)),
            "unknown_variable",
            "mirror_xyzw (node1)",
            "remove mirror_xyzw; known names: mirror_http_port",
        ),
        (
            given("control_plane_pod_network"),
            "argument_of_the_playbooks",
            "control_plane_pod_network (all hosts)",
            "set site_pod_network instead",
        ),
        (
            given("mirror_http_port", ("cp1",)),
            "argument_of_the_playbooks",
            "mirror_http_port (cp1)",
            "remove mirror_http_port",
        ),
    ],
)
def test_a_name_without_effect_is_one_fault(
    variable: Given, code: str, where: str, fix: str
) -> None:
    faults = list(name_faults([variable], KNOWN, MAPPED, INVENTORY))
    assert [(fault.code, fault.where, fault.fix) for fault in faults] == [(code, where, fix)]


def test_a_known_name_is_no_fault() -> None:
    assert list(name_faults([given("site_pod_network")], KNOWN, MAPPED, INVENTORY)) == []


@pytest.mark.parametrize(
    ("variable", "found"),
    [
        (given("site_pod_network"), []),
        (given("site_rack", ("node1",)), []),
        (given("mirror_http_port", ("cp1",)), []),
        (given("site_pod_network", ("node1",)), ["set on node1; not set on cp1, localhost"]),
        (
            given("site_pod_network", ("cp1", "node1")),
            ["set on all hosts; not set on localhost"],
        ),
        (
            Given("site_pod_network", {"cp1": "a", "node1": "b", "localhost": "a"}),
            ["'a' on cp1, localhost; 'b' on node1"],
        ),
        (
            Given("site_t", {"cp1": "a", "node1": "b", "localhost": "a"}, secret=True),
            ["value 1 on cp1, localhost; value 2 on node1"],
        ),
    ],
)
def test_a_value_of_the_site_is_the_same_everywhere(variable: Given, found: list[str]) -> None:
    assert [fault.found for fault in scope_faults([variable], INVENTORY)] == found


@pytest.mark.parametrize(
    ("name", "value", "faulty"),
    [
        ("mirror_http_port", 0, True),
        ("mirror_http_port", 65536, True),
        ("mirror_http_port", 65535, False),
        ("mirror_http_port", "{{ port }}", False),
        ("site_endpoint_node_port", 0, False),
        ("mirror_ports", 0, False),
    ],
)
def test_a_port_of_a_role_is_a_port(name: str, value: Any, faulty: bool) -> None:
    variable = given(name, ("cp1",), value)
    assert bool(list(port_number_faults([variable], INVENTORY))) is faulty
