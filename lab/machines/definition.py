"""The lab file of machines. Parsed once, all faults reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from lab.hosts import fields
from lab.machines import names
from lab.machines.names import Handle

# Directories of this machine that a QEMU machine can be given, read-only.
SHARES = ("bases", "bundle", "checkout")
MEMORY_GIB = 1.0
# NVMe disks of a machine: as many as the saved machine has empty slots.
MOST_DISKS = 8
# NVM Express base specification, Identify Controller: the serial number has 20 bytes.
_SERIAL = re.compile(r"[A-Z0-9]{1,20}")


def _are_shares(value: object) -> bool:
    return isinstance(value, dict) and all(
        name in SHARES and fields.is_path(target) for name, target in value.items()
    )


def _are_disks(value: object) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_DISKS:
        return False
    if not all(isinstance(disk, dict) and disk.keys() == {"serial", "size"} for disk in value):
        return False
    serials = {str(disk["serial"]) for disk in value}
    return len(serials) == len(value) and all(
        _SERIAL.fullmatch(str(disk["serial"])) and fields.is_whole(disk["size"]) for disk in value
    )


SCHEMA = fields.Schema(
    member="machine",
    known=frozenset({"name", "address", "cpus", "disks", "memory", "shares"}),
    needed=frozenset({"name", "address"}),
    rules={
        "name": fields.HOST_NAME,
        "cpus": (fields.is_whole, "a whole number of virtual CPUs, at least 1"),
        "memory": (
            lambda value: fields.is_memory(value) and float(str(value)) >= 0.5,
            "a number of GiB, at least 0.5",
        ),
        "shares": (
            _are_shares,
            f"a mapping of {', '.join(SHARES)} to an absolute path, where the machine sees it",
        ),
        "disks": (
            _are_disks,
            f"1 to {MOST_DISKS} mappings of serial (1 to 20 of A-Z and 0-9, each once) and size "
            "(a whole number of GiB)",
        ),
    },
)


@dataclass(frozen=True, order=True)
class Shape:
    """What a saved state is made for: virtual CPUs, and memory in MiB."""

    cpus: int
    memory_mib: int


@dataclass(frozen=True)
class Disk:
    """An NVMe disk: its serial number, and its size in GiB."""

    serial: str
    gib: int


@dataclass(frozen=True)
class Machine:
    """One machine; ``shares`` are pairs of a directory's name (SHARES) and its path inside."""

    name: str
    address: IPv4Address
    shape: Shape
    shares: tuple[tuple[str, str], ...]
    disks: tuple[Disk, ...] = ()


@dataclass(frozen=True)
class Lab:
    """A lab: machines on one bridge, whose last address is this machine's."""

    name: str
    network: IPv4Network
    machines: tuple[Machine, ...]

    @property
    def machine_address(self) -> IPv4Address:
        return self.network.broadcast_address - 1

    def handle(self, machine: Machine) -> Handle:
        return names.Handle(self.name, machine.name)


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
    machines = tuple(_machine(entry) for entry in lab["machines"])
    return Lab(lab["name"], IPv4Network(lab["network"]), machines)


def _machine(entry: Mapping[str, Any]) -> Machine:
    return Machine(
        name=entry["name"],
        address=IPv4Address(entry["address"]),
        shape=Shape(entry.get("cpus", 1), int(float(entry.get("memory", MEMORY_GIB)) * 1024)),
        shares=tuple(sorted(entry.get("shares", {}).items())),
        disks=tuple(Disk(str(disk["serial"]), disk["size"]) for disk in entry.get("disks", [])),
    )
