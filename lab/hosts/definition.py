"""The lab file: which hosts a lab has. Parsed once, all faults reported together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from lab.hosts import fields, names

BASES = ("trixie",)
SCHEMA = fields.Schema(
    member="host",
    known=frozenset({"name", "address", "base", "bundle", "disk", "memory"}),
    needed=frozenset({"name", "address", "base"}),
    rules={
        "name": fields.HOST_NAME,
        "base": (lambda value: value in BASES, f"one of {', '.join(BASES)}"),
        "bundle": (fields.is_path, "an absolute path, where the host sees the bundle"),
        "disk": (fields.is_whole, "a whole number of GiB, at least 1"),
        "memory": (fields.is_memory, "a number of GiB, at least 0.125"),
    },
)


@dataclass(frozen=True)
class Host:
    """One host: ``disk`` is the size of its /var in GiB (0: the machine's own file system),

    ``memory`` its limit in GiB (0: none), ``bundle`` where it sees the bundle (empty: nowhere).
    """

    name: str
    address: IPv4Address
    base: str
    bundle: str
    disk: int
    memory: float


@dataclass(frozen=True)
class Lab:
    """A lab: hosts on one bridge, whose last address is the machine's and first the gateway's."""

    name: str
    network: IPv4Network
    hosts: tuple[Host, ...]

    @property
    def machine_address(self) -> IPv4Address:
        return self.network.broadcast_address - 1

    @property
    def gateway_address(self) -> IPv4Address:
        return self.network.network_address + 1

    def handle(self, host: Host) -> names.Handle:
        return names.Handle(self.name, host.name)


def load(path: Path) -> Lab:
    """Read the lab file ``path``.

    Raises DefinitionError, with every fault, when it cannot be read, is no YAML or breaks a rule.
    """
    return parse(fields.read(path), str(path))


def parse(data: object, source: str) -> Lab:
    """Return the lab that ``data`` describes; ``source`` names it in errors.

    Raises DefinitionError with every fault found, sorted.
    """
    lab = fields.checked(data, source, SCHEMA)
    return Lab(lab["name"], IPv4Network(lab["network"]), tuple(_host(e) for e in lab["hosts"]))


def _host(entry: Mapping[str, Any]) -> Host:
    return Host(
        name=entry["name"],
        address=IPv4Address(entry["address"]),
        base=entry["base"],
        bundle=entry.get("bundle", ""),
        disk=entry.get("disk", 0),
        memory=float(entry.get("memory", 0)),
    )
