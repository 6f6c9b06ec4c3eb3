"""A wrong input as data: what differs from the base site, and the faults that must be reported."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import reduce
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
    """One wrong input, or some together: `change` is merged into the base site.

    With `alone` it hides faults of others, so that no other may be in its run.
    """

    name: str
    change: Mapping[str, Any]
    states: tuple[State, ...]
    extra: tuple[str, ...]
    faults: tuple[Expected, ...]
    alone: bool


def load_cases() -> list[Case]:
    """The cases of all files below cases/, in order."""
    documents = [yaml.safe_load(path.read_text()) for path in sorted(HERE.glob("cases/*.yml"))]
    return [_case(entry) for document in documents for entry in document]


def together(cases: Sequence[Case]) -> list[Case]:
    """The cases in as few runs as first fit finds, each run a case of all that it takes."""
    runs: list[list[Case]] = []
    for case in cases:
        fitting = (run for run in runs if all(_apart(case, other) for other in run))
        run = next(fitting, None)
        if run is None:
            runs.append([case])
        else:
            run.append(case)
    return [reduce(_joined, run) for run in runs]


def _apart(one: Case, other: Case) -> bool:
    """Whether neither changes or reports what the other does."""
    if one.alone or other.alone:
        return False
    changes = [set(_leaves(case.change)) for case in (one, other)]
    shared = any(a[: len(b)] == b or b[: len(a)] == a for a in changes[0] for b in changes[1])
    reported = {(fault.code, fault.where) for fault in one.faults}
    return not shared and reported.isdisjoint((fault.code, fault.where) for fault in other.faults)


def _leaves(change: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    # A plan is judged as a whole: a fault in it can hide another.
    if path == ("plan",) or not isinstance(change, Mapping):
        yield path
        return
    for key, value in change.items():
        yield from _leaves(value, (*path, key))


def _joined(one: Case, other: Case) -> Case:
    return Case(
        name=f"{one.name}; {other.name}",
        change=_union(one.change, other.change),
        states=one.states + other.states,
        extra=one.extra + other.extra,
        faults=one.faults + other.faults,
        alone=False,
    )


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both, where a key of both is a mapping in both; a null stays, unlike in `merged`."""
    both = {key: _union(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}


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
    unknown = set(entry) - {"name", "states", "hold", "extra", "alone", "faults", *PARTS}
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
        alone=entry.get("alone", False),
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
