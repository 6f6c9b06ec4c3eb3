"""Addresses and routes from the kernel's tables."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.network import (
    SERVICE_ROUTE_METRIC,
    addresses,
    routes,
)

ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	01004F0A	0003	0	0	0	00000000	0	0	0
eth0	00004F0A	00000000	0001	0	0	0	00FFFFFF	0	0	0
flannel.1	0001F40A	0001F40A	0003	0	0	0	00FFFFFF	0	0	0
eth0	050010AC	00000000	0005	0	0	0	FFFFFFFF	0	0	0
short
"""
TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.79.0.0/24 2 0 2
        |-- 10.79.0.0
           /24 link UNICAST
        |-- 10.79.0.11
           /32 host LOCAL
        |-- 10.79.0.255
           /32 link BROADCAST
Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.79.0.9
        /32 host LOCAL
     |-- 10.79.0.11
        /32 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
"""


def test_routes_are_networks_without_the_default_one() -> None:
    assert routes(ROUTES) == [
        {"interface": "eth0", "network": "10.79.0.0/24"},
        {"interface": "flannel.1", "network": "10.244.1.0/24"},
        {"interface": "eth0", "network": "172.16.0.5/32"},
    ]


def test_addresses_are_the_host_s_own_once_and_in_order() -> None:
    assert addresses(TRIE) == ["10.79.0.9", "10.79.0.11"]


def test_a_host_without_ipv4_has_neither() -> None:
    assert (routes(""), addresses("")) == ([], [])


def test_the_route_to_the_services_that_the_role_made_is_left_out() -> None:
    variables = Path(__file__).parents[5] / "roles/kubernetes_node/vars/main.yml"
    metric = yaml.safe_load(variables.read_text())["__kubernetes_node_route_metric"]
    assert str(metric) == SERVICE_ROUTE_METRIC
    header = ROUTES.splitlines()[0]
    made = f"eth0\t0000600A\t00000000\t0001\t0\t0\t{metric}\t0000F0FF\t0\t0\t0"
    given = "eth0\t0000600A\t00000000\t0001\t0\t0\t0\t0000F0FF\t0\t0\t0"
    assert routes(f"{header}\n{made}\n") == []
    assert routes(f"{header}\n{given}\n") == [{"interface": "eth0", "network": "10.96.0.0/12"}]
