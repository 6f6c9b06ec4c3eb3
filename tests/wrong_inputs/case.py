"""A wrong input as data: what differs from the base site, and the faults that must be reported."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
PARTS = ("groups", "hosts", "variables", "plan", "catalogue", "bundle")


@dataclass(frozen=True)
class Expected:
    """A fault: its code, the object that it names, and words of its report."""

    code: str
    where: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Shell commands that make a host wrong, and those that make it right again."""

    host: str
    make: str
    undo: str


@dataclass(frozen=True)
class Site:
    """An inventory with its plan, the catalogue's parts, and the bundle's manifest.

    A plan that is a string is written as it is, so that it need not be YAML; None writes none.
    """

    groups: Mapping[str, list[str]]
    hosts: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, Any]
    plan: Any
    catalogue: Mapping[str, Any]
    bundle: Any


@dataclass(frozen=True)
class Case:
    """One wrong input: `change` is merged into the base site."""

    name: str
    change: Mapping[str, Any]
    states: tuple[State, ...]
    extra: tuple[str, ...]
    faults: tuple[Expected, ...]


def load_cases() -> list[Case]:
    """The cases of all files below cases/, in order."""
    documents = [yaml.safe_load(path.read_text()) for path in sorted(HERE.glob("cases/*.yml"))]
    return [_case(entry) for document in documents for entry in document]


def merged(base: Any, change: Any) -> Any:
    """`base` with the keys of `change`; a null removes a key, a list replaces the list."""
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return copy.deepcopy(change)
    result = dict(copy.deepcopy(base))
    for key, value in change.items():
        if value is None:
            del result[key]
        else:
            result[key] = merged(result.get(key), value)
    return result


def site_of(case: Case, base: Site) -> Site:
    """The base site with the case's change."""
    parts = {field.name: getattr(base, field.name) for field in fields(base)}
    return Site(**{name: merged(part, case.change.get(name, {})) for name, part in parts.items()})


def _case(entry: Mapping[str, Any]) -> Case:
    unknown = set(entry) - {"name", "states", "hold", "extra", "faults", *PARTS}
    if unknown:
        raise ValueError(f"{entry['name']}: unknown keys {sorted(unknown)}")
    return Case(
        name=entry["name"],
        change={name: entry[name] for name in PARTS if name in entry},
        states=(
            *(State(**state) for state in entry.get("states", [])),
            *(_held(host, port) for host, ports in entry.get("hold", {}).items() for port in ports),
        ),
        extra=tuple(entry.get("extra", [])),
        faults=tuple(
            Expected(fault["code"], fault["where"], tuple(map(str, fault["words"])))
            for fault in entry["faults"]
        ),
    )


def _held(host: str, port: int) -> State:
    """A port that a program holds which is none of ours."""
    serve = f"python3 -m http.server {port}"
    unit = f"wrong-input-{port}"
    return State(
        host=host,
        make=f"systemd-run --quiet --unit={unit} --property=WorkingDirectory=/run {serve}"
        f" && until ss -Htln sport = :{port} | grep -q {port}; do sleep 0.1; done",
        undo=f"systemctl stop {unit}",
    )
