# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shape of plan schema 1 as data: which keys, of which kind, and the faults of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix

SCHEMA = 1
# RFC 1123 label: Kubernetes takes it as object name and host name.
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# A C identifier is what every shell and the Kubernetes API take as environment name.
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# An extended resource, as a device plugin names it: a DNS name, a slash and a qualified name.
EXTENDED_RESOURCE = re.compile(
    r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
# Kubernetes refuses ".." in a path of the host.
DIRECTORY_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._@+-]+)+")
CPU_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]+m")
UNIFIED = "unified"
# What a group of engine ranks does; SGLang names prefill and decode in --disaggregation-mode.
ROLES = (UNIFIED, "prefill", "decode")


@dataclass(frozen=True)
class Kind:
    """A kind of value: how a person names it and what passes."""

    noun: str
    accepts: Callable[[Any], bool]


def _integer(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _environment(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        _matches(ENVIRONMENT_NAME)(key) and isinstance(text, str) for key, text in value.items()
    )


def _names(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        _text(key) and _text(name) for key, name in value.items()
    )


def _list_of(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(accepts(item) for item in value)


_LARGE = 2**31 - 1
SCHEMA_NUMBER = Kind(f"schema {SCHEMA}", lambda value: _integer(value, SCHEMA, SCHEMA))
TEXT = Kind("a non-empty string", _text)
NAME = Kind("a name of lower-case letters, digits and '-', at most 63", _matches(LABEL))
COUNT = Kind("an integer of 1 or more", lambda value: _integer(value, 1, _LARGE))
INDEX = Kind("an integer of 0 or more", lambda value: _integer(value, 0, _LARGE))
PORT = Kind("a TCP port, 1 to 65535", lambda value: _integer(value, 1, 65535))
CPU = Kind('a CPU quantity as a string, such as "2" or "500m"', _matches(CPU_QUANTITY))
RESOURCE = Kind("an extended resource, such as rdma/hca", _matches(EXTENDED_RESOURCE))
DIRECTORY = Kind("an absolute directory below /, without '..'", _matches(DIRECTORY_PATH))
TEXTS = Kind("a list of non-empty strings", _list_of(_text))
INDEXES = Kind("a list of integers of 0 or more", _list_of(INDEX.accepts))
ENVIRONMENT = Kind("a mapping of environment names to strings", _environment)
MAPPING = Kind("a mapping", lambda value: isinstance(value, Mapping))
OPEN_MAPPING = Kind("a mapping of any keys", lambda value: isinstance(value, Mapping))
RACKS = Kind("a mapping of host names to rack names", _names)
ROLE = Kind(f"one of {', '.join(ROLES)}", lambda value: value in ROLES)
ENTRIES = Kind("a non-empty list of mappings", lambda value: bool(value) and _mappings(value))


def _mappings(value: Any) -> bool:
    return _list_of(MAPPING.accepts)(value)


# Section -> key -> kind. A section below a list is written with [].
SHAPE: Mapping[str, Mapping[str, Kind]] = {
    "": {
        "schema": SCHEMA_NUMBER,
        "inventory": TEXT,
        "model": MAPPING,
        "engine": MAPPING,
        "layout": MAPPING,
        "groups": ENTRIES,
        "arguments": TEXTS,
        "environment": ENVIRONMENT,
        "ports": MAPPING,
        "resources": MAPPING,
        "shared_memory_mib": COUNT,
        "startup_seconds": COUNT,
    },
    "model": {"name": TEXT, "format": TEXT},
    "engine": {"part": TEXT},
    "layout": {"tensor_parallel": COUNT, "pipeline_parallel": COUNT, "data_parallel": COUNT},
    "groups[]": {"name": NAME, "ranks": ENTRIES},
    "groups[].layout": {},
    "groups[].ranks[]": {"rank": INDEX, "host": TEXT, "gpus": INDEXES},
    "ports": {"serving": PORT, "distributed": PORT},
    "resources": {"cpu": CPU, "memory_gib": COUNT},
}

_SIZES: Mapping[str, Kind] = {"expert_parallel": COUNT, "attention_data_parallel": COUNT}
# Keys that a plan may leave out, by section.
OPTIONAL: Mapping[str, Mapping[str, Kind]] = {
    "": {
        "cache_path": DIRECTORY,
        "router_arguments": TEXTS,
        "racks": RACKS,
        "spares": TEXTS,
        "explanation": OPEN_MAPPING,
    },
    "layout": _SIZES,
    "groups[]": {"role": ROLE, "layout": MAPPING, "arguments": TEXTS},
    "groups[].layout": {**SHAPE["layout"], **_SIZES},
    "resources": {"rdma": RESOURCE},
}


def shape_faults(document: object, source: str) -> list[Fault]:
    """Faults of keys and kinds; C(where) is "<source>: <path>"."""
    if not isinstance(document, Mapping):
        return [_value_fault(source, document, "a mapping of plan schema 1")]
    return _section_faults("", document, source, "")


def _section_faults(section: str, value: Mapping[Any, Any], source: str, path: str) -> list[Fault]:
    required, optional = SHAPE[section], OPTIONAL.get(section, {})
    faults = _key_faults(value, required, optional, f"{source}: {path}" if path else source)
    for key, kind in {**required, **optional}.items():
        if key not in value:
            continue
        place = _join(path, key)
        if not kind.accepts(value[key]):
            faults.append(_value_fault(f"{source}: {place}", value[key], kind.noun))
        elif kind is MAPPING:
            faults += _section_faults(_join(section, key), value[key], source, place)
        elif kind is ENTRIES:
            for index, entry in enumerate(value[key]):
                below = _join(section, f"{key}[]")
                faults += _section_faults(below, entry, source, f"{place}[{index}]")
    return faults


def _key_faults(
    value: Mapping[Any, Any],
    required: Mapping[str, Kind],
    optional: Mapping[str, Kind],
    where: str,
) -> list[Fault]:
    known = {**required, **optional}
    unknown = sorted(str(key) for key in value if key not in known)
    missing = [key for key in required if key not in value]
    return [
        Fault(
            code="unknown_plan_key",
            where=where,
            found=f"key {key}",
            needed=f"keys of plan schema {SCHEMA} only",
            fix=rename_fix(key, known),
        )
        for key in unknown
    ] + [
        Fault(
            code="plan_key_missing",
            where=where,
            found=f"no key {key}",
            needed=f"{key}: {required[key].noun}",
            fix=f"add {key}",
        )
        for key in missing
    ]


def _value_fault(where: str, value: object, noun: str) -> Fault:
    code = "plan_schema_unknown" if noun == SCHEMA_NUMBER.noun else "plan_value_invalid"
    return Fault(code=code, where=where, found=repr(value), needed=noun, fix=f"give {noun}")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
