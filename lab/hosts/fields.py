"""Rules of a lab file that hold whatever its members are: hosts here, machines in lab.machines."""

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

LONGEST_PREFIX = 29  # below it no room is left for the machine, the gateway and hosts
Rule = tuple[Callable[[object], bool], str]  # what holds, and what is needed in words


@dataclass(frozen=True)
class Schema:
    """What a lab file may say of each member: ``member`` is its word, ``needed`` its needed keys,

    ``rules`` the rule of each value. ``name`` and ``address`` are among the needed keys.
    """

    member: str
    known: frozenset[str]
    needed: frozenset[str]
    rules: Mapping[str, Rule]

    @property
    def members(self) -> str:
        return f"{self.member}s"

    @property
    def lab_keys(self) -> frozenset[str]:
        return frozenset({"name", "network", self.members})


def read(path: Path) -> object:
    """Return what the YAML file ``path`` holds. Raises DefinitionError."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(str(path), [f"cannot be read: {error.strerror}"]) from error
    except yaml.YAMLError as error:
        raise DefinitionError(str(path), [f"is no YAML: {error}"]) from error


def checked(data: object, source: str, schema: Schema) -> Mapping[str, Any]:
    """Return ``data``, a lab by ``schema``; ``source`` names it in errors.

    Raises DefinitionError with every fault found, sorted.
    """
    if not isinstance(data, dict):
        raise DefinitionError(
            source, [f"holds {kind(data)}, needs a mapping with {_list(schema.lab_keys)}"]
        )
    faults = list(_lab_faults(data, schema))
    if faults:
        raise DefinitionError(source, faults)
    return data


def is_host_name(value: object) -> bool:
    return _matches(names.HOST_NAME, value) and value not in (names.GATEWAY, "localhost")


def is_path(value: object) -> bool:
    return isinstance(value, str) and PurePosixPath(value).is_absolute() and ".." not in value


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_memory(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0.125


def kind(value: object) -> str:
    """Return what ``value`` is, for a fault."""
    return "nothing" if value is None or value == [] else f"a {type(value).__name__}"


HOST_NAME: Rule = (
    is_host_name,
    "1 to 40 of a-z, 0-9 and '-', and neither 'gateway' nor 'localhost'",
)


def _lab_faults(data: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    yield from _key_faults(data, "the lab", schema.lab_keys, schema.lab_keys)
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
    yield from _members_faults(data.get(schema.members, []), schema, network)


def _members_faults(members: object, schema: Schema, network: IPv4Network | None) -> Iterator[str]:
    word = schema.member
    if not isinstance(members, list) or not members:
        yield f"{schema.members} is {kind(members)}, needs a list with at least one {word}"
        return
    for position, entry in enumerate(members, start=1):
        if isinstance(entry, dict):
            where = f"{word} {entry['name']}" if "name" in entry else f"{word} number {position}"
            yield from _key_faults(entry, where, schema.known, schema.needed)
            yield from _value_faults(entry, where, schema.rules)
            yield from _address_faults(entry, where, network)
        else:
            yield f"{word} number {position} is {kind(entry)}, needs a mapping"
    for key in ("name", "address"):
        values = Counter(str(e[key]) for e in members if isinstance(e, dict) and key in e)
        for value in sorted(v for v, count in values.items() if count > 1):
            yield f"{key} {value} is given to {values[value]} {schema.members}, needs one each"


def _key_faults(
    entry: Mapping[str, Any], where: str, known: frozenset[str], needed: frozenset[str]
) -> Iterator[str]:
    for key in sorted(str(k) for k in entry if k not in known):
        yield f"{where} has the unknown key {key!r}; known are {_list(known)}"
    for key in sorted(needed - entry.keys()):
        yield f"{where} has no {key!r}"


def _value_faults(entry: Mapping[str, Any], where: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    for key, (holds, needs) in rules.items():
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


def _list(keys: frozenset[str]) -> str:
    return ", ".join(sorted(keys))
