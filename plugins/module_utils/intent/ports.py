# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TCP ports that must be free, or held by the program that this collection runs there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    HostFacts,
    Listener,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site


@dataclass(frozen=True)
class Port:
    """A port that C(hosts) and those of C(groups) listen on, and the programs that may hold it."""

    number: int
    programs: frozenset[str]
    groups: tuple[str, ...]
    hosts: tuple[str, ...] = ()


CONTROL_PLANE = ("control_plane",)
NODES = ("control_plane", "workers")
# kubeadm's preflight checks and the components' defaults (Kubernetes 1.36).
CLUSTER_PORTS = (
    Port(6443, frozenset({"kube-apiserver"}), CONTROL_PLANE),
    Port(2379, frozenset({"etcd"}), CONTROL_PLANE),
    Port(2380, frozenset({"etcd"}), CONTROL_PLANE),
    Port(10257, frozenset({"kube-controller-manager"}), CONTROL_PLANE),
    Port(10259, frozenset({"kube-scheduler"}), CONTROL_PLANE),
    Port(10248, frozenset({"kubelet"}), NODES),
    Port(10250, frozenset({"kubelet"}), NODES),
    Port(10249, frozenset({"kube-proxy"}), NODES),
    Port(10256, frozenset({"kube-proxy"}), NODES),
)


def wanted_ports(
    site: Site, mirror_ports: Mapping[str, int], source_host: str = ""
) -> tuple[Port, ...]:
    """All ports of a site.

    C(mirror_ports) has the ports C(http) and C(registry), C(relay) of the nodes that pass the
    weights on (0: they do not), and C(source) of C(source_host), the one that has them, if any.
    """
    relay = Port(mirror_ports["relay"], frozenset({"nginx"}), ("serving",))
    source = Port(mirror_ports["source"], frozenset({"nginx"}), (), (source_host,))
    return (
        *CLUSTER_PORTS,
        *((relay,) if relay.number else ()),
        *((source,) if source_host else ()),
        Port(site.site_endpoint_node_port, frozenset({"kube-proxy"}), NODES),
        Port(mirror_ports["http"], frozenset({"nginx"}), ("mirror",)),
        Port(mirror_ports["registry"], frozenset({"docker-registry", "registry"}), ("mirror",)),
    )


def port_faults(
    ports: tuple[Port, ...], inventory: Inventory, facts: Mapping[str, HostFacts]
) -> Iterator[Fault]:
    """Ports that another program holds, once for each port of a host."""
    for host, fact in sorted(facts.items()):
        for port in ports:
            if host in port.hosts or any(host in inventory.group(each) for each in port.groups):
                yield from _taken(host, port, fact.listeners)


def _taken(host: str, port: Port, listeners: tuple[Listener, ...]) -> Iterator[Fault]:
    others = [
        one for one in listeners if one.port == port.number and one.process not in port.programs
    ]
    if not others:
        return
    owner = others[0].process or "a program that root cannot see"
    pid = f" (PID {others[0].pid})" if others[0].pid else ""
    yield Fault(
        code="port_taken",
        where=host,
        found=f"TCP port {port.number} is held by {owner}{pid}",
        needed=f"port {port.number} free for {' or '.join(sorted(port.programs))}",
        fix=f"stop {owner} on {host}, or make it listen elsewhere",
    )
