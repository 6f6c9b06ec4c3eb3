# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names that a person gave in an inventory, against the names that there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory

SITE = "site"
# The playbooks evaluate the site's values on the controller too, where only group_vars/all reach.
CONTROLLER = "localhost"
# Any of them gives the weights of a host disks of their own.
DISK_VALUES = frozenset({"site_storage_devices", "site_storage_discover"})
# Values of a host, not of the site.
HOST_VALUES = DISK_VALUES | {
    *("site_rack", "site_leaf_switch", "site_rails", "site_gpus", "site_hardware"),
    *("site_storage_least_gib", "site_storage_raid0", "site_storage_wipe_confirmed"),
}


@dataclass(frozen=True)
class Given:
    """A variable of the inventory or the command line: its value on each host that has it.

    The values of a ``secret`` are not shown.
    """

    name: str
    values: Mapping[str, Any] = field(repr=False)
    secret: bool = False


def prefix_of(name: str, prefixes: Collection[str]) -> str:
    """The longest of C(prefixes) that C(name) begins with, followed by C(_); else ""."""
    return max((p for p in prefixes if name.startswith(f"{p}_")), key=len, default="")


def name_faults(
    given: Collection[Given],
    known: Mapping[str, Collection[str]],
    mapped: Mapping[str, str],
    inventory: Inventory,
) -> Iterator[Fault]:
    """Unknown names, and role arguments that the playbooks set themselves.

    C(known) has the options of each role and of C(site); C(mapped) has the role arguments that
    the playbooks set, each with the site variable it comes from, or "".
    """
    for variable in given:
        prefix = prefix_of(variable.name, known)
        where = f"{variable.name} ({inventory.place(variable.values)})"
        if variable.name not in known[prefix]:
            yield Fault(
                code="unknown_variable",
                where=where,
                found=f"{variable.name} is set",
                needed=f"a variable that the {_owner(prefix)} has",
                fix=rename_fix(variable.name, known[prefix]),
            )
        elif variable.name in mapped:
            source = mapped[variable.name]
            yield Fault(
                code="argument_of_the_playbooks",
                where=where,
                found=f"{variable.name} is set in the inventory",
                needed="no value: the playbooks set this argument, so yours has no effect",
                fix=f"set {source} instead" if source else f"remove {variable.name}",
            )


def scope_faults(given: Collection[Given], inventory: Inventory) -> Iterator[Fault]:
    """Values of the whole site that are not the same on all hosts."""
    for variable in given:
        if not variable.name.startswith(f"{SITE}_") or variable.name in HOST_VALUES:
            continue
        missing = {*inventory.hosts, CONTROLLER} - set(variable.values)
        places = _places_of_values(variable, inventory)
        if missing or len(places) > 1:
            found = places if len(places) > 1 else [f"set on {inventory.place(variable.values)}"]
            lacks = [f"not set on {inventory.place(missing)}"] if missing else []
            yield Fault(
                code="site_value_differs",
                where=variable.name,
                found="; ".join([*found, *lacks]),
                needed="one value for the whole site",
                fix=f"set {variable.name} once, in group_vars/all.yml",
            )


def _places_of_values(variable: Given, inventory: Inventory) -> list[str]:
    """Each value with the hosts that have it; a secret one is not shown."""
    hosts: dict[str, list[str]] = {}
    for host, value in variable.values.items():
        hosts.setdefault(repr(value), []).append(host)
    return [
        f"{f'value {number}' if variable.secret else value} on {inventory.place(names)}"
        for number, (value, names) in enumerate(sorted(hosts.items()), start=1)
    ]


def port_number_faults(given: Collection[Given], inventory: Inventory) -> Iterator[Fault]:
    """Role variables named C(*_port) that are no TCP port."""
    for variable in given:
        if variable.name.startswith(f"{SITE}_") or not variable.name.endswith("_port"):
            continue
        for host, value in sorted(variable.values.items()):
            if isinstance(value, int) and not 1 <= value <= 65535:
                yield Fault(
                    code="value_invalid",
                    where=f"{variable.name} ({inventory.place([host])})",
                    found=repr(value),
                    needed="a TCP port, 1 to 65535",
                    fix=f"correct {variable.name}",
                )


def _owner(prefix: str) -> str:
    return "site schema" if prefix == SITE else f"role {prefix}"
