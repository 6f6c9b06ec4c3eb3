# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pod network, Service network and the networks that the hosts already have."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import HostFacts, Route
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import (
    Inventory,
    is_ipv4,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site

# kube-controller-manager's default --node-cidr-mask-size-ipv4.
NODE_PREFIX = 24
# kubeadm's MaximumBitsForServiceSubnet is 20 and its MinimumAddressesInServiceSubnet is 10.
SERVICE_PREFIXES = range(12, 29)
# Interfaces that a running cluster of ours makes: flannel, its bridge, the pods' ends, kube-proxy.
CLUSTER_INTERFACE = re.compile(r"cni0|flannel[.-].*|veth.*|kube-ipvs0")

Network = ipaddress.IPv4Network


def network_faults(
    site: Site, inventory: Inventory, facts: Mapping[str, HostFacts]
) -> Iterator[Fault]:
    """Faults of the two networks, against each other and against each host."""
    pods = _network(site.site_pod_network)
    services = _network(site.site_service_network)
    yield from _invalid("site_pod_network", site.site_pod_network, pods)
    yield from _invalid("site_service_network", site.site_service_network, services)
    if pods is not None:
        yield from _pod_size(pods, inventory)
        yield from _host_overlaps("site_pod_network", pods, inventory, facts)
    if services is not None:
        yield from _service_size(services)
        yield from _host_overlaps("site_service_network", services, inventory, facts)
    if pods is not None and services is not None and pods.overlaps(services):
        yield Fault(
            code="networks_overlap",
            where="site_pod_network, site_service_network",
            found=f"{pods} and {services} overlap",
            needed="two networks without a common address",
            fix="choose another site_service_network or site_pod_network",
        )


def _network(text: str) -> Optional[Network]:
    try:
        return Network(text) if "/" in text else None
    except ValueError:
        return None


def _invalid(variable: str, text: str, network: Optional[Network]) -> Iterator[Fault]:
    if network is None:
        yield Fault(
            code="network_invalid",
            where=variable,
            found=repr(text),
            needed="an IPv4 network in CIDR notation without host bits, such as 10.244.0.0/16",
            fix=f"correct {variable}",
        )


def _pod_size(pods: Network, inventory: Inventory) -> Iterator[Fault]:
    room = 2 ** (NODE_PREFIX - pods.prefixlen) if pods.prefixlen <= NODE_PREFIX else 0
    if room < len(inventory.nodes):
        yield Fault(
            code="pod_network_too_small",
            where="site_pod_network",
            found=f"{pods}: room for {room} nodes of a /{NODE_PREFIX} each",
            needed=f"room for {len(inventory.nodes)} nodes",
            fix="choose a larger site_pod_network",
        )


def _service_size(services: Network) -> Iterator[Fault]:
    if services.prefixlen not in SERVICE_PREFIXES:
        yield Fault(
            code="service_network_size",
            where="site_service_network",
            found=f"{services}",
            needed=f"/{SERVICE_PREFIXES.start} to /{SERVICE_PREFIXES.stop - 1}: kubeadm takes no"
            " other",
            fix="choose another prefix length",
        )


def _host_overlaps(
    variable: str, network: Network, inventory: Inventory, facts: Mapping[str, HostFacts]
) -> Iterator[Fault]:
    for host in inventory.hosts:
        taken = sorted(set(_taken(host, network, inventory, facts)))
        if taken:
            yield Fault(
                code="network_of_the_host",
                where=host,
                found=f"{variable} {network} overlaps {', '.join(taken)}",
                needed="networks that no host uses",
                fix=f"choose another {variable}",
            )


def _taken(
    host: str, network: Network, inventory: Inventory, facts: Mapping[str, HostFacts]
) -> Iterator[str]:
    address = inventory.addresses[host]
    if is_ipv4(address) and ipaddress.IPv4Address(address) in network:
        yield f"its address {address}"
    if host not in facts:
        return
    for route in facts[host].routes:
        if not _ours(route, network) and network.overlaps(Network(route.network)):
            yield f"{route.network} on {route.interface}"


def _ours(route: Route, network: Network) -> bool:
    """Whether a cluster of ours made the route.

    Role kubernetes_node routes exactly the Service network on a host without a default route.
    """
    return bool(CLUSTER_INTERFACE.fullmatch(route.interface)) or route.network == str(network)
