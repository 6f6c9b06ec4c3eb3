"""Pod network, Service network, and the hosts' own."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.networks import network_faults

from tests.unit.plugins.module_utils.intent.samples import (
    FACTS,
    INVENTORY,
    SITE,
    facts,
    inventory,
    site,
)


def test_the_sample_has_no_fault() -> None:
    assert list(network_faults(SITE, INVENTORY, {"cp1": FACTS, "node1": FACTS})) == []


@pytest.mark.parametrize(
    ("pods", "services", "codes"),
    [
        ("10.244.0.0/33", "10.96.0.0/12", ["network_invalid"]),
        ("10.244.0.1/16", "10.96.0.0/12", ["network_invalid"]),
        ("10.244.0.0", "10.96.0.0/12", ["network_invalid"]),
        ("", "fd00::/64", ["network_invalid", "network_invalid"]),
        ("10.96.0.0/16", "10.96.0.0/12", ["networks_overlap"]),
        ("10.244.0.0/24", "10.96.0.0/12", ["pod_network_too_small"]),
        ("10.244.0.0/25", "10.96.0.0/12", ["pod_network_too_small"]),
        ("10.244.0.0/16", "172.0.0.0/11", ["service_network_size"]),
        ("10.244.0.0/16", "10.96.0.0/29", ["service_network_size"]),
        ("10.244.0.0/23", "10.96.0.0/28", []),
    ],
)
def test_each_network_is_one_that_kubeadm_takes(pods: str, services: str, codes: list[str]) -> None:
    given = site(site_pod_network=pods, site_service_network=services)
    assert [fault.code for fault in network_faults(given, INVENTORY, {})] == codes


def test_a_host_address_in_a_network_is_found_without_facts() -> None:
    faults = list(network_faults(site(site_pod_network="10.79.0.0/20"), INVENTORY, {}))
    assert [(fault.code, fault.where) for fault in faults] == [
        ("network_of_the_host", "cp1"),
        ("network_of_the_host", "node1"),
    ]
    assert faults[0].found == "site_pod_network 10.79.0.0/20 overlaps its address 10.79.0.11"


@pytest.mark.parametrize(
    ("interface", "faulty"),
    [
        ("eth1", True),
        ("docker0", True),
        ("cni0", False),
        ("flannel.1", False),
        ("veth1a2b", False),
        ("kube-ipvs0", False),
    ],
)
def test_a_route_of_the_host_overlaps_unless_our_cluster_made_it(
    interface: str, faulty: bool
) -> None:
    routed = facts(routes=[{"interface": interface, "network": "10.244.3.0/24"}])
    assert bool(list(network_faults(SITE, INVENTORY, {"node1": routed}))) is faulty


def test_the_route_to_the_services_of_our_cluster_is_no_fault() -> None:
    routed = facts(routes=[{"interface": "eth0", "network": "10.96.0.0/12"}])
    assert list(network_faults(SITE, INVENTORY, {"node1": routed})) == []


def test_an_address_that_is_none_is_left_to_the_rule_for_addresses() -> None:
    given = dataclasses.replace(inventory(), addresses={"cp1": "", "node1": "name"})
    assert list(network_faults(SITE, given, {})) == []
