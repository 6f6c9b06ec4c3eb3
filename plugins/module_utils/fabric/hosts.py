# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a fabric as the gate sees them: their addresses, racks and links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered

ETHERNET = "Ethernet"
NO_GID = -1


@dataclass(frozen=True)
class Rail:
    """One RDMA port. C(gbps) is its rate in Gb/s, C(gid_index) -1 where there is none."""

    device: str
    port: int
    link_layer: str
    gbps: float
    gid_index: int
    up: bool

    @property
    def name(self) -> str:
        """Device and port as C(NCCL_IB_HCA) takes them."""
        return f"{self.device}:{self.port}"

    @property
    def defect(self) -> str:
        """Why no test can run over it, or ""."""
        if not self.up:
            return f"{self.name} is down"
        if self.link_layer == ETHERNET and self.gid_index == NO_GID:
            return f"{self.name} has no RoCE v2 GID with an address of its interface"
        return ""


@dataclass(frozen=True)
class Host:
    """C(tcp_gbps) is the rate of the link with C(address) in Gb/s, 0.0 where nothing says it."""

    name: str
    address: str
    rack: str
    tcp_gbps: float
    rails: tuple[Rail, ...]


def parse_hosts(values: Sequence[Mapping[str, Any]]) -> tuple[Host, ...]:
    """The hosts of the argument C(fabric_gate_hosts) in the order of racks, then of names.

    Raises InputError with all faults.
    """
    hosts = [_host(value) for value in values]
    faults = [fault.line() for fault in ordered(_faults(hosts))]
    if faults:
        raise InputError("fabric_gate_hosts", faults)
    return tuple(sorted(hosts, key=lambda host: (host.rack, host.name)))


def _host(value: Mapping[str, Any]) -> Host:
    return Host(
        name=value["name"],
        address=value["address"],
        rack=value["rack"],
        tcp_gbps=float(value["tcp_gbps"]),
        rails=tuple(_rail(rail) for rail in value["rails"]),
    )


def _rail(value: Mapping[str, Any]) -> Rail:
    return Rail(
        device=value["device"],
        port=int(value["port"]),
        link_layer=value["link_layer"],
        gbps=float(value["gbps"]),
        gid_index=int(value["gid_index"]),
        up=bool(value["up"]),
    )


def _faults(hosts: Sequence[Host]) -> Iterator[Fault]:
    for name in _several(host.name for host in hosts):
        yield Fault(
            code="host_twice",
            where=name,
            found="the host more than once",
            needed="each host once",
            fix="remove one",
        )
    for address in _several(host.address for host in hosts if host.address):
        yield Fault(
            code="address_shared",
            where=address,
            found=", ".join(sorted(host.name for host in hosts if host.address == address)),
            needed="an address of its own for each host that is tested",
            fix="correct ansible_host",
        )
    for host in hosts:
        if not host.address:
            yield Fault(
                code="address_missing",
                where=host.name,
                found="no address",
                needed="the host's IPv4 address on the cluster network",
                fix="set ansible_host for this host",
            )


def _several(values: Iterator[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]
