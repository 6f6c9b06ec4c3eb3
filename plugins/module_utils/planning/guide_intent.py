# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the deployment guide's C(sgl-config.yaml): what it becomes, and what has no equivalent.

Every key of a file makes one row. A key that is unknown, or a value of another kind, is a fault;
all faults come at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import (
    Fault,
    nearest,
    ordered,
    rename_fix,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_keys import (
    KEYS,
    SECTIONS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import (
    RDMA,
    TCP,
    Settings,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_values import (
    Kind,
    KindError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    PREFILL,
    Constraints,
)

NO_EQUIVALENT = "no equivalent"
# NCCL's user guide: NCCL_NET takes that network and no other, NCCL_IB_DISABLE leaves RDMA alone.
TRANSPORT_ENVIRONMENT = {RDMA: (("NCCL_NET", "IB"),), TCP: (("NCCL_IB_DISABLE", "1"),)}


@dataclass(frozen=True)
class Row:
    """One key of a file: its value as given, what it became, and why."""

    key: str
    value: str
    became: str
    why: str

    def as_dict(self) -> dict[str, str]:
        """JSON-ready."""
        return {"key": self.key, "value": self.value, "became": self.became, "why": self.why}


@dataclass(frozen=True)
class Intent:
    """What a file sets, and one row for each of its keys in the order of C(KEYS)."""

    settings: Settings
    rows: tuple[Row, ...]


class IntentError(InputError):
    """The file is not an intent file, or says the opposite of the inventory."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        super().__init__(source, [fault.line() for fault in faults])
        self.intent_faults = ordered(faults)


def read_intent(document: object, *, source: str) -> Intent:
    """Map a loaded intent file. C(source) names it in faults.

    Raises C(IntentError) with all faults of keys, kinds and ranges.
    """
    if not isinstance(document, Mapping):
        raise IntentError(source, [_kind_fault(source, document, "a mapping")])
    given, faults = _flat(document, source)
    values, more = _parsed(given, source)
    faults += [*more, *_range_faults(values, source)]
    if faults:
        raise IntentError(source, faults)
    outcomes = {path: KEYS[path].outcome(values[path], values) for path in KEYS if path in values}
    rows = tuple(
        Row(path, _shown(given[path]), outcome.became or NO_EQUIVALENT, outcome.why)
        for path, outcome in outcomes.items()
    )
    parts = (outcome.settings for outcome in outcomes.values())
    return Intent(reduce(Settings.with_more, parts, Settings()), rows)


def intent_constraints(constraints: Constraints, settings: Settings, *, source: str) -> Constraints:
    """The inventory's constraints together with those of an intent file.

    Raises C(IntentError) where both set one to different values.
    """
    faults = [
        Fault(
            code="intent_contradicts_site",
            where=source,
            found=f"{name} {wanted}",
            needed=f"{name} {getattr(constraints, name)}, as site_constraints says",
            fix=f"remove one of the two, or make {name} the same in both",
        )
        for name, wanted in settings.constraints
        if getattr(constraints, name) not in (0, "", wanted)
    ]
    if faults:
        raise IntentError(source, faults)
    return replace(constraints, **dict(settings.constraints))


def intent_environment(settings: Settings, *, hosts: int) -> tuple[tuple[str, str], ...]:
    """Environment of every rank, sorted by name. C(hosts) is the number of hosts of one engine.

    The transport counts only between hosts: on one host NCCL_NET=IB would stop an engine that
    needs no network at all.
    """
    transport = TRANSPORT_ENVIRONMENT.get(settings.transport, ()) if hosts > 1 else ()
    return tuple(sorted((*settings.environment, *transport)))


def intent_arguments(
    settings: Settings, *, role: str, attention_data_parallel: int
) -> tuple[str, ...]:
    """Arguments of one engine, beside those of its layout.

    A prefill engine keeps the engine's own way to choose an attention group: decode finds the
    group by the request's bootstrap room (server_args.py, C(_handle_load_balance_method)).
    """
    method = settings.load_balance_method
    if not method or attention_data_parallel == 1 or role == PREFILL:
        return ()
    return ("--load-balance-method", method)


def intent_transport_faults(
    settings: Settings, nodes: Sequence[Node], *, hosts: int
) -> tuple[Fault, ...]:
    """Hosts that cannot give the RDMA that a file asks for. C(hosts) as above."""
    if settings.transport != RDMA or hosts == 1:
        return ()
    return ordered(
        Fault(
            code="intent_rdma_missing",
            where=node.name,
            found=f"{len(node.rails)} RDMA ports, none of them up",
            needed="a port that is up: the intent file has communication.protocol RDMA",
            fix="bring a port up, or set communication.protocol to TCP",
        )
        for node in nodes
        if not any(rail.up for rail in node.rails)
    )


def _flat(document: Mapping[Any, Any], source: str) -> tuple[dict[str, Any], list[Fault]]:
    """Values by path, with faults for sections and keys that are unknown."""
    given: dict[str, Any] = {}
    faults = []
    for section, content in document.items():
        if section not in SECTIONS:
            faults.append(_unknown(source, str(section), rename_fix(str(section), SECTIONS)))
        elif not isinstance(content, Mapping):
            faults.append(_kind_fault(f"{source}: {section}", content, "a mapping"))
        else:
            for name, value in content.items():
                path = f"{section}.{name}"
                given[path] = value
                if path not in KEYS:
                    faults.append(_unknown_key(source, path))
    return given, faults


def _parsed(given: Mapping[str, Any], source: str) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    for path in KEYS:
        if path not in given:
            continue
        try:
            values[path] = KEYS[path].kind.parse(given[path])
        except KindError:
            faults.append(
                _kind_fault(
                    f"{source}: {path}",
                    given[path],
                    KEYS[path].kind.noun,
                    _near_word(given[path], KEYS[path].kind),
                )
            )
    return values, faults


def _range_faults(values: Mapping[str, Any], source: str) -> list[Fault]:
    low, high = (values.get(f"autoscaling.{end}_replicas") for end in ("min", "max"))
    if low is None or high is None or low <= high:
        return []
    return [
        Fault(
            code="intent_range_reversed",
            where=f"{source}: autoscaling",
            found=f"min_replicas {low}, max_replicas {high}",
            needed="min_replicas not above max_replicas",
            fix="exchange the two values",
        )
    ]


def _unknown(source: str, name: str, fix: str) -> Fault:
    return Fault(
        code="unknown_intent_key",
        where=source,
        found=f"key {name}",
        needed="keys of docs/intent-file.md only",
        fix=fix,
    )


def _unknown_key(source: str, path: str) -> Fault:
    """The nearest key of the section, else the section that has a key of that name."""
    section, name = path.split(".", maxsplit=1)
    known = [tuple(other.split(".")) for other in KEYS]
    beside = [key for place, key in known if place == section]
    near = [f"{section}.{key}" for key in beside if key == nearest(name, beside)]
    near += [f"{place}.{key}" for place, key in known if key == name]
    if near:
        return _unknown(source, path, f"write {near[0]}, or remove {path}")
    return _unknown(source, path, f"remove {path}; {section} has {', '.join(sorted(beside))}")


def _near_word(value: object, kind: Kind) -> str:
    return nearest(str(value), kind.words) if kind.words else ""


def _kind_fault(where: str, value: object, noun: str, near: str = "") -> Fault:
    return Fault(
        code="intent_value_invalid",
        where=where,
        found=repr(value),
        needed=noun,
        fix=f"write {near}" if near else f"give {noun}",
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "+".join(value) if isinstance(value, list) else str(value)
