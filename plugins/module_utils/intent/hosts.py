# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each host must be, apart from its disks and ports: reachable, supported, of our cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    HostFacts,
    HostState,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.units import gib

OLDEST_PYTHON = (3, 9)
DISTRIBUTIONS = {"debian": ("12", "13"), "ubuntu": ("24.04",)}
API_PORT = 6443
# Seconds. etcd and certificates with a short life misbehave beyond it.
LARGEST_CLOCK_SKEW = 5.0

Rule = Callable[[str, HostFacts, Inventory, Site], Iterator[Fault]]


def host_faults(
    states: Mapping[str, HostState], inventory: Inventory, site: Site
) -> Iterator[Fault]:
    """Faults of each host by itself."""
    for host, state in sorted(states.items()):
        yield from _reached(host, state)
        if state.facts is not None:
            for rule in _RULES:
                yield from rule(host, state.facts, inventory, site)


def _reached(host: str, state: HostState) -> Iterator[Fault]:
    """At most one fault: each step of the way to the facts needs the one before it."""
    oldest = ".".join(str(number) for number in OLDEST_PYTHON)
    if state.error:
        yield Fault(
            code="host_unreachable",
            where=host,
            found=state.error,
            needed="a login over SSH",
            fix=f"try: ansible -i INVENTORY {host} -m ansible.builtin.ping",
        )
    elif not state.python:
        yield Fault(
            code="python_missing",
            where=host,
            found=f"no Python at {state.interpreter}",
            needed=f"Python {oldest} or newer",
            fix="install python3 on the host, or correct ansible_python_interpreter",
        )
    elif state.python < OLDEST_PYTHON:
        found = ".".join(str(number) for number in state.python)
        yield Fault(
            code="python_too_old",
            where=host,
            found=f"Python {found} at {state.interpreter}",
            needed=f"Python {oldest} or newer",
            fix="name a newer interpreter in ansible_python_interpreter",
        )
    elif state.facts is None:
        yield Fault(
            code="facts_unreadable",
            where=host,
            found=state.facts_error,
            needed="module host_facts to run as root",
            fix=f"try: ansible -i INVENTORY {host} -b -m ansible.builtin.command -a id",
        )


def _distribution(host: str, facts: HostFacts, _i: Inventory, _s: Site) -> Iterator[Fault]:
    if facts.distribution_version not in DISTRIBUTIONS.get(facts.distribution_id, ()):
        supported = [f"{name} {v}" for name, versions in DISTRIBUTIONS.items() for v in versions]
        yield Fault(
            code="distribution_unsupported",
            where=host,
            found=facts.distribution_name or "an unnamed distribution",
            needed=" or ".join(supported),
            fix="install a supported distribution on the host",
        )


def _init(host: str, facts: HostFacts, _i: Inventory, _s: Site) -> Iterator[Fault]:
    if facts.init != "systemd":
        yield Fault(
            code="init_not_systemd",
            where=host,
            found=f"{facts.init} as PID 1",
            needed="systemd: containerd and the kubelet are its services",
            fix="boot the host with systemd",
        )


def _swap(host: str, facts: HostFacts, inventory: Inventory, _s: Site) -> Iterator[Fault]:
    if facts.swap_bytes and host in inventory.nodes:
        yield Fault(
            code="swap_on",
            where=host,
            found=f"{gib(facts.swap_bytes)} of swap",
            needed="no swap: the kubelet refuses to start with it",
            fix="swapoff --all, and remove the swap entries of /etc/fstab",
        )


def _runtime(host: str, facts: HostFacts, inventory: Inventory, _s: Site) -> Iterator[Fault]:
    if facts.foreign_runtimes and host in inventory.nodes:
        yield Fault(
            code="other_container_runtime",
            where=host,
            found=", ".join(facts.foreign_runtimes),
            needed="no container runtime but the containerd that this collection installs",
            fix="remove the other runtime from the host, or take another host",
        )


def _cluster(host: str, facts: HostFacts, _i: Inventory, site: Site) -> Iterator[Fault]:
    ours = f"https://{site.site_control_plane_endpoint}:{API_PORT}"
    if facts.cluster_server and facts.cluster_server != ours:
        yield Fault(
            code="node_of_another_cluster",
            where=host,
            found=f"a kubelet that is joined to {facts.cluster_server}",
            needed=f"a host without a cluster, or a node of {ours}",
            fix="run kubeadm reset on the host, or correct site_control_plane_endpoint",
        )


def _address(host: str, facts: HostFacts, inventory: Inventory, _s: Site) -> Iterator[Fault]:
    address = inventory.addresses[host]
    if address and host in inventory.nodes and address not in facts.addresses:
        yield Fault(
            code="address_not_on_host",
            where=host,
            found=f"ansible_host {address}; the host has {', '.join(facts.addresses) or 'none'}",
            needed="an address of the host itself: it becomes the node's address",
            fix="set ansible_host to one of the host's own addresses",
        )


_RULES: tuple[Rule, ...] = (_distribution, _init, _swap, _runtime, _cluster, _address)


def clock_faults(facts: Mapping[str, HostFacts], now: float) -> Iterator[Fault]:
    """Hosts whose clocks differ from the earliest one by more than C(LARGEST_CLOCK_SKEW).

    C(now) is the controller's clock after the last answer. Host time T that was read between the
    controller's C(asked_at) and C(now) is ahead of the controller by at least T - now and at most
    T - asked_at; only a difference that holds for every moment in between is a fault.
    """
    if not facts:
        return
    behind = min(facts, key=lambda host: (facts[host].epoch - facts[host].asked_at, host))
    latest = facts[behind].epoch - facts[behind].asked_at
    for host, fact in sorted(facts.items()):
        least = (fact.epoch - now) - latest
        if least > LARGEST_CLOCK_SKEW:
            yield Fault(
                code="clock_skew",
                where=host,
                found=f"its clock is at least {least:.0f} s ahead of {behind}",
                needed=f"clocks within {LARGEST_CLOCK_SKEW:.0f} s",
                fix="synchronise both hosts' clocks, for example with chrony",
            )
