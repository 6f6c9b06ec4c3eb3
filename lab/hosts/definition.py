"""The lab file: which hosts a lab has. Parsed once, all faults reported together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from lab.hosts import names
from lab.hosts.errors import DefinitionError

BASES = ("trixie",)
LAB_KEYS = frozenset({"name", "network", "hosts"})
HOST_KEYS = frozenset({"name", "address", "base", "bundle", "disk", "memory"})
HOST_NEEDS = frozenset({"name", "address", "base"})
LONGEST_PREFIX = 29  # below it no room is left for the machine, the gateway and hosts


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
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(str(path), [f"cannot be read: {error.strerror}"]) from error
    except yaml.YAMLError as error:
        raise DefinitionError(str(path), [f"is no YAML: {error}"]) from error
    return parse(data, str(path))


def parse(data: object, source: str) -> Lab:
    """Return the lab that ``data`` describes; ``source`` names it in errors.

    Raises DefinitionError with every fault found, sorted.
    """
    if not isinstance(data, dict):
        raise DefinitionError(
            source, [f"holds {_kind(data)}, needs a mapping with {_list(LAB_KEYS)}"]
        )
    faults = list(_lab_faults(data))
    if faults:
        raise DefinitionError(source, faults)
    network = IPv4Network(data["network"])
    return Lab(data["name"], network, tuple(_host(entry) for entry in data["hosts"]))


def _host(entry: Mapping[str, Any]) -> Host:
    return Host(
        name=entry["name"],
        address=IPv4Address(entry["address"]),
        base=entry["base"],
        bundle=entry.get("bundle", ""),
        disk=entry.get("disk", 0),
        memory=float(entry.get("memory", 0)),
    )


def _lab_faults(data: Mapping[str, Any]) -> Iterator[str]:
    yield from _key_faults(data, "the lab", LAB_KEYS, LAB_KEYS)
    if "name" in data and not _matches(names.LAB_NAME, data["name"]):
        yield (
            f"name is {data['name']!r}, needs 1 to 11 of a-z, 0-9 and '-', beginning with a letter "
            "(the bridge is named after it)"
        )
    network = _network(data.get("network"))
    if "network" in data and network is None:
        yield (
            f"network is {data['network']!r}, needs a private IPv4 network of /{LONGEST_PREFIX} or "
            "larger without host bits, such as 10.79.0.0/24"
        )
    yield from _hosts_faults(data.get("hosts", []), network)


def _hosts_faults(hosts: object, network: IPv4Network | None) -> Iterator[str]:
    if not isinstance(hosts, list) or not hosts:
        yield f"hosts is {_kind(hosts)}, needs a list with at least one host"
        return
    for position, entry in enumerate(hosts, start=1):
        if isinstance(entry, dict):
            where = f"host {entry['name']}" if "name" in entry else f"host number {position}"
            yield from _key_faults(entry, where, HOST_KEYS, HOST_NEEDS)
            yield from _value_faults(entry, where)
            yield from _address_faults(entry, where, network)
        else:
            yield f"host number {position} is {_kind(entry)}, needs a mapping"
    for key in ("name", "address"):
        values = Counter(str(e[key]) for e in hosts if isinstance(e, dict) and key in e)
        for value in sorted(v for v, count in values.items() if count > 1):
            yield f"{key} {value} is given to {values[value]} hosts, needs one each"


def _key_faults(
    entry: Mapping[str, Any], where: str, known: frozenset[str], needed: frozenset[str]
) -> Iterator[str]:
    for key in sorted(str(k) for k in entry if k not in known):
        yield f"{where} has the unknown key {key!r}; known are {_list(known)}"
    for key in sorted(needed - entry.keys()):
        yield f"{where} has no {key!r}"


def _value_faults(entry: Mapping[str, Any], where: str) -> Iterator[str]:
    for key, (holds, needs) in _VALUE_RULES.items():
        if key in entry and not holds(entry[key]):
            yield f"{where}: {key} is {entry[key]!r}, needs {needs}"


def _address_faults(
    entry: Mapping[str, Any], where: str, network: IPv4Network | None
) -> Iterator[str]:
    if "address" not in entry:
        return
    address = _address(entry["address"])
    if address is None:
        yield f"{where}: address is {entry['address']!r}, needs an IPv4 address"
    elif network is not None:
        taken = {
            network.network_address: "the network itself",
            network.network_address + 1: "the gateway",
            network.broadcast_address - 1: "the machine",
            network.broadcast_address: "the broadcast",
        }
        if address not in network:
            yield f"{where}: address {address} lies outside the network {network}"
        elif address in taken:
            yield f"{where}: address {address} belongs to {taken[address]}; choose another"


def _is_host_name(value: object) -> bool:
    return _matches(names.HOST_NAME, value) and value not in (names.GATEWAY, "localhost")


def _is_path(value: object) -> bool:
    return isinstance(value, str) and PurePosixPath(value).is_absolute() and ".." not in value


def _is_disk(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_memory(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0.125


_VALUE_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "name": (
        _is_host_name,
        "1 to 40 of a-z, 0-9 and '-', and neither 'gateway' nor 'localhost'",
    ),
    "base": (lambda value: value in BASES, f"one of {', '.join(BASES)}"),
    "bundle": (_is_path, "an absolute path, where the host sees the bundle"),
    "disk": (_is_disk, "a whole number of GiB, at least 1"),
    "memory": (_is_memory, "a number of GiB, at least 0.125"),
}


def _network(value: object) -> IPv4Network | None:
    try:
        network = IPv4Network(value) if isinstance(value, str) else None
    except (AddressValueError, NetmaskValueError, ValueError):
        return None
    if network is None or network.prefixlen > LONGEST_PREFIX or not network.is_private:
        return None
    return network


def _address(value: object) -> IPv4Address | None:
    try:
        return IPv4Address(value) if isinstance(value, str) else None
    except AddressValueError:
        return None


def _matches(pattern: Any, value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _kind(value: object) -> str:
    return "nothing" if value is None or value == [] else f"a {type(value).__name__}"


def _list(keys: frozenset[str]) -> str:
    return ", ".join(sorted(keys))
