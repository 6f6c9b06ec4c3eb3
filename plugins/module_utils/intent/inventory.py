# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts, groups and addresses of an inventory, and the faults of their shape."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, nearest

GROUPS = ("mirror", "control_plane", "workers", "serving", "gpu")
# RFC 1123 label: the inventory name becomes the host name and the name of the node.
HOST_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Inventory:
    """The groups of a site in inventory order, and C(ansible_host) of each host, "" if not given.

    C(other_groups) are the groups that mean nothing to this collection.
    """

    groups: Mapping[str, tuple[str, ...]]
    addresses: Mapping[str, str]
    other_groups: tuple[str, ...] = ()

    def group(self, name: str) -> tuple[str, ...]:
        """Hosts of a group; none where the inventory lacks it."""
        return self.groups.get(name, ())

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts of all groups of ours, sorted."""
        return tuple(sorted({host for name in GROUPS for host in self.group(name)}))

    @property
    def nodes(self) -> tuple[str, ...]:
        """Hosts that become nodes of the cluster, sorted."""
        return tuple(sorted({*self.group("control_plane"), *self.group("workers")}))

    def place(self, hosts: Collection[str]) -> str:
        """Shortest name of a set of hosts: "all hosts", a group, or the hosts."""
        wanted = set(hosts)
        if wanted >= set(self.hosts):
            return "all hosts"
        for name in GROUPS:
            if len(wanted) > 1 and wanted == set(self.group(name)):
                return f"group {name}"
        return ", ".join(sorted(wanted))


def inventory_faults(inventory: Inventory) -> Iterator[Fault]:
    """Faults of groups, host names and addresses."""
    yield from _control_plane(inventory)
    yield from _serving(inventory)
    yield from _exclusive(inventory)
    yield from _outside_cluster(inventory)
    yield from _host_names(inventory)
    yield from _addresses(inventory)


def empty_group(inventory: Inventory, group: str, needed: str) -> Fault:
    """A group without hosts, with a hint where a group of nearly its name has some."""
    near = nearest(group, inventory.other_groups)
    fix = f"rename the group {near} to {group}" if near else f"add a host to the group {group}"
    return Fault(
        code=f"no_{group}_host",
        where=f"group {group}",
        found="no host",
        needed=needed,
        fix=fix,
    )


def _control_plane(inventory: Inventory) -> Iterator[Fault]:
    count = len(inventory.group("control_plane"))
    if count == 0:
        yield empty_group(inventory, "control_plane", "1, 3 or 5 hosts")
    elif count % 2 == 0:
        yield Fault(
            code="even_control_plane",
            where="group control_plane",
            found=f"{count} hosts",
            needed=f"an odd number: etcd on {count} survives no more losses than on {count - 1}",
            fix="add or remove one host",
        )


def _serving(inventory: Inventory) -> Iterator[Fault]:
    if not inventory.group("serving"):
        yield empty_group(inventory, "serving", "at least one host that runs the engine")


def _exclusive(inventory: Inventory) -> Iterator[Fault]:
    both = set(inventory.group("control_plane")) & set(inventory.group("workers"))
    for host in sorted(both):
        yield Fault(
            code="exclusive_groups",
            where=host,
            found="in the groups control_plane and workers",
            needed="one of them: a host joins the cluster once",
            fix="remove it from one of the two groups",
        )


def _outside_cluster(inventory: Inventory) -> Iterator[Fault]:
    for group in ("serving", "gpu"):
        for host in sorted(set(inventory.group(group)) - set(inventory.nodes)):
            yield Fault(
                code="host_outside_cluster",
                where=host,
                found=f"in the group {group} only",
                needed="also in workers or control_plane, so that it becomes a node",
                fix="add it to the group workers",
            )


def _host_names(inventory: Inventory) -> Iterator[Fault]:
    same: dict[str, list[str]] = defaultdict(list)
    for host in inventory.hosts:
        same[host.lower()].append(host)
        if not HOST_NAME.fullmatch(host.lower()):
            yield Fault(
                code="host_name_invalid",
                where=host,
                found=f"inventory name {host}",
                needed="an RFC 1123 label: letters, digits and '-', at most 63, since it names"
                " the node",
                fix="rename the host in the inventory",
            )
    for name, hosts in sorted(same.items()):
        if len(hosts) > 1:
            yield Fault(
                code="host_name_twice",
                where=", ".join(hosts),
                found=f"the same node name {name}",
                needed="names that differ in more than upper and lower case",
                fix="rename one of the hosts",
            )


def _addresses(inventory: Inventory) -> Iterator[Fault]:
    users: dict[str, list[str]] = defaultdict(list)
    for host in inventory.hosts:
        address = inventory.addresses[host]
        if not address:
            yield Fault(
                code="address_missing",
                where=host,
                found="no ansible_host",
                needed="the host's IPv4 address on the cluster network",
                fix="set ansible_host for this host",
            )
        elif not is_ipv4(address):
            yield Fault(
                code="address_invalid",
                where=host,
                found=f"ansible_host {address}",
                needed="an IPv4 address: it becomes the node's address without DNS",
                fix="set ansible_host to the address",
            )
        else:
            users[address].append(host)
    for address, hosts in sorted(users.items()):
        if len(hosts) > 1:
            yield Fault(
                code="duplicate_address",
                where=", ".join(hosts),
                found=f"the same ansible_host {address}",
                needed="an address of its own for each host",
                fix="correct ansible_host of one of them",
            )


def is_ipv4(text: str) -> bool:
    """Whether C(text) is an IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
