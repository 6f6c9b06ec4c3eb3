"""Interfaces are read from iproute2's JSON, and networks that meet are refused."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network

import pytest

from lab.hosts import network
from lab.hosts.errors import LabError
from lab.hosts.network import Link

SHOWN = """[
 {"ifname": "lo", "addr_info": [
   {"family": "inet", "local": "127.0.0.1", "prefixlen": 8},
   {"family": "inet6", "local": "::1", "prefixlen": 128}]},
 {},
 {"ifname": "bml0123456789ab", "ifalias": "bml.one.a", "addr_info": []}
]"""
LO = Link("lo", "", (IPv4Interface("127.0.0.1/8"),))
BRIDGE = Link("bml-one", "", (IPv4Interface("10.79.0.254/24"),))


def test_interfaces_have_name_alias_and_ipv4_addresses() -> None:
    assert network.parse_links(SHOWN) == (LO, Link("bml0123456789ab", "bml.one.a", ()))


def test_the_labs_own_bridge_does_not_meet_its_network() -> None:
    network.refuse_overlap(IPv4Network("10.79.0.0/24"), "bml-one", (LO, BRIDGE))


@pytest.mark.parametrize("wanted", ["10.79.0.0/24", "10.79.0.0/16", "10.79.0.248/29"])
def test_a_network_that_meets_another_interfaces_is_refused(wanted: str) -> None:
    with pytest.raises(LabError) as caught:
        network.refuse_overlap(IPv4Network(wanted), "bml-two", (LO, BRIDGE))
    assert str(caught.value) == (
        f"network {wanted} meets 10.79.0.254/24 of interface bml-one; "
        "give the lab another network in its lab file"
    )
