# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host of the gate from what its site declares and what modules found on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.hosts import Host, Rail
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.declared_shape import (
    Hardware,
    parse_hardware,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.facts import read_host
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import GIGABIT
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import Place

BOND = "bonding"


def described_host(values: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of C(fabric_gate_hosts) of one host.

    C(values) is what planning.facts.read_host takes, C(facts) are Ansible's own facts of subset
    network. A declared rate that is higher than the one found is kept: a link that came up slower
    than it was built must not pass by its own rate. Raises InputError with all faults.
    """
    hardware, _faults = parse_hardware(values["hardware"], host=values["name"])
    place = Place(values["rack"], values["leaf_switch"], tuple(values["rails"]))
    reading = read_host(values, place)
    if reading.faults:
        raise InputError(values["name"], [fault.line() for fault in reading.faults])
    host = Host(
        name=values["name"],
        address=values["address"],
        rack=values["rack"],
        tcp_gbps=hardware.tcp_gbps or interface_gbps(facts, values["address"]),
        rails=tuple(
            Rail(
                device=rail.device,
                port=rail.port,
                link_layer=rail.link_layer,
                gbps=max(rail.rate / GIGABIT, _declared(hardware, rail.device, rail.port)),
                gid_index=rail.gid_index,
                up=rail.up,
            )
            for rail in reading.node.rails
        ),
    )
    return {**asdict(host), "rails": [asdict(rail) for rail in host.rails]}


def interface_gbps(facts: Mapping[str, Any], address: str) -> float:
    """Rate in Gb/s of the interface with the address; 0.0 for a virtual one, whose rate is made up.

    Ansible tells the PCI device of a card, and the type of a bond.
    """
    for interface in _interfaces(facts):
        own = interface.get("ipv4", {}).get("address")
        built = "pciid" in interface or interface.get("type") == BOND
        if own == address and built:
            return max(0.0, float(interface.get("speed", 0)) / 1000)
    return 0.0


def _interfaces(facts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Ansible writes the names of interfaces with _ for what no variable may have."""
    for name in facts.get("interfaces", []):
        yield facts.get(name.replace("-", "_").replace(":", "_").replace(".", "_"), {})


def _declared(hardware: Hardware, device: str, port: int) -> float:
    rates = [
        rail.rate_gbps for rail in hardware.rails if (rail.device, rail.port) == (device, port)
    ]
    return max(rates, default=0.0)
