# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which rack and at which leaf switch each host is: from an inventory or a topology file.

The topology file is a mapping::

    racks:
      - name: r1
        leaf_switches: [leaf1]
        hosts: [node1, node2]
        rails: {node1: [mlx5_0, mlx5_1]}

C(leaf_switches) and C(rails) may be left out. A rack with one leaf switch gives it to all its
hosts; one with several gives none, since the file does not say which host hangs at which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import (
    Fault,
    nearest,
    ordered,
    rename_fix,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node

RACK_KEYS = ("name", "leaf_switches", "hosts", "rails")


@dataclass(frozen=True)
class Place:
    """Where a host is. Empty texts and no rails: nobody said."""

    rack: str = ""
    leaf_switch: str = ""
    rails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topology:
    """Places of hosts by name, and the faults of what was read. With faults it is not complete."""

    places: Mapping[str, Place]
    faults: tuple[Fault, ...]


def read_topology(document: Any, hosts: Collection[str], *, source: str) -> Topology:
    """Parse a topology file.

    C(document) is the loaded YAML, C(hosts) the group C(serving), C(source) the file's name in
    faults: wrong shape, a rack twice, a host unknown, in two racks or in none.
    """
    faults = list(_shape_faults(document, source))
    if faults:
        return Topology({}, ordered(faults))
    racks = document["racks"]
    places = {host: _place(rack, host) for rack in racks for host in rack["hosts"]}
    faults += _unknown_faults(racks, hosts, source)
    faults += _twice_faults(racks, source)
    faults += _rail_faults(racks, source)
    faults += _missing_faults(sorted(set(hosts) - set(places)), source)
    return Topology(places, ordered(faults))


def rack_faults(nodes: Sequence[Node], *, source: str) -> tuple[Fault, ...]:
    """Hosts without a rack where others have one; none at all is no fault but one unnamed rack."""
    said = [node for node in nodes if node.rack]
    missing = [node.name for node in nodes if not node.rack]
    return ordered(_missing_faults(missing, source)) if said else ()


def _place(rack: Mapping[str, Any], host: str) -> Place:
    switches = rack.get("leaf_switches", [])
    return Place(
        rack=rack["name"],
        leaf_switch=switches[0] if len(switches) == 1 else "",
        rails=tuple(rack.get("rails", {}).get(host, ())),
    )


def _shape_faults(document: Any, source: str) -> Iterator[Fault]:
    racks = document.get("racks") if isinstance(document, Mapping) else None
    if not isinstance(racks, list) or not racks:
        yield _shape_fault(source, document, "a mapping with a list racks that is not empty")
        return
    for index, rack in enumerate(racks):
        where = f"{source}: racks[{index}]"
        if not isinstance(rack, Mapping):
            yield _shape_fault(where, rack, "a mapping with name and hosts")
            continue
        yield from _rack_shape_faults(rack, where)


def _rack_shape_faults(rack: Mapping[Any, Any], where: str) -> Iterator[Fault]:
    for key in sorted(str(key) for key in rack if key not in RACK_KEYS):
        yield Fault(
            code="unknown_topology_key",
            where=where,
            found=f"key {key}",
            needed=f"keys {', '.join(RACK_KEYS)} only",
            fix=rename_fix(key, RACK_KEYS),
        )
    name = rack.get("name")
    if not isinstance(name, str) or not name:
        yield _shape_fault(f"{where}.name", name, "a non-empty string")
    if not _texts(rack.get("hosts")) or not rack["hosts"]:
        yield _shape_fault(f"{where}.hosts", rack.get("hosts"), "a list of host names")
    if not _texts(rack.get("leaf_switches", [])):
        yield _shape_fault(f"{where}.leaf_switches", rack["leaf_switches"], "a list of names")
    rails = rack.get("rails", {})
    if not isinstance(rails, Mapping) or not all(_texts(names) for names in rails.values()):
        yield _shape_fault(f"{where}.rails", rails, "RDMA devices of each host: {host: [device]}")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _shape_fault(where: str, found: object, needed: str) -> Fault:
    return Fault(
        code="topology_value_invalid",
        where=where,
        found=repr(found),
        needed=needed,
        fix="correct the topology file",
    )


def _unknown_faults(
    racks: Sequence[Mapping[str, Any]], hosts: Collection[str], source: str
) -> Iterator[Fault]:
    for rack in racks:
        for host in sorted(set(rack["hosts"]) - set(hosts)):
            near = nearest(host, hosts)
            yield Fault(
                code="rack_of_unknown_host",
                where=f"{source}: rack {rack['name']}",
                found=f"host {host}",
                needed="hosts of the group serving only",
                fix=f"write {near}, or remove {host}" if near else f"remove {host}",
            )


def _twice_faults(racks: Sequence[Mapping[str, Any]], source: str) -> Iterator[Fault]:
    names = Counter(rack["name"] for rack in racks)
    for name in sorted(name for name, count in names.items() if count > 1):
        yield Fault(
            code="rack_twice",
            where=source,
            found=f"{names[name]} racks named {name}",
            needed="one entry for each rack",
            fix=f"join the entries of {name}, or rename all but one",
        )
    listed = Counter(host for rack in racks for host in rack["hosts"])
    for host in sorted(host for host, count in listed.items() if count > 1):
        found = [rack["name"] for rack in racks for name in rack["hosts"] if name == host]
        yield Fault(
            code="host_in_two_racks",
            where=source,
            found=f"{host} in {' and '.join(found)}",
            needed="each host in one rack, once",
            fix=f"remove {host} from all racks but its own",
        )


def _rail_faults(racks: Sequence[Mapping[str, Any]], source: str) -> Iterator[Fault]:
    for rack in racks:
        for host in sorted(set(rack.get("rails", {})) - set(rack["hosts"])):
            yield Fault(
                code="rails_of_host_elsewhere",
                where=f"{source}: rack {rack['name']}",
                found=f"rails of {host}",
                needed="rails of the rack's own hosts only",
                fix=f"add {host} to the rack's hosts, or remove its rails",
            )


def _missing_faults(hosts: Sequence[str], source: str) -> Iterator[Fault]:
    for host in hosts:
        yield Fault(
            code="rack_missing",
            where=source,
            found=f"no rack for {host}",
            needed="a rack for each host of the group serving, once one host has a rack",
            fix=f"set site_rack of {host}, or add it to the topology file",
        )
