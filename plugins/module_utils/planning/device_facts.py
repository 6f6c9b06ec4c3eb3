# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what modules gpu_facts and rdma_facts return back to the values that they were made of."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    HostGpus,
    Nic,
)

Value = TypeVar("Value")
# JSON has one kind of number: 400.0 arrives as 400.
STANDS_FOR = {float: (float, int), int: (int,), str: (str,), bool: (bool,)}


def parse_gpus(gpu: Mapping[str, Any], *, host: str) -> HostGpus:
    """The return value C(gpu) of module gpu_facts; keys that HostGpus lacks are left out.

    Raises InputError naming each key that is missing or of another type, and C(host).
    """
    return _parse(HostGpus, gpu, f"gpu_facts of {host}")


def parse_nics(rdma: Mapping[str, Any], *, host: str) -> tuple[Nic, ...]:
    """The return value C(rdma) of module rdma_facts; errors as with C(parse_gpus)."""
    devices = rdma.get("devices")
    if not isinstance(devices, list):
        raise InputError(f"rdma_facts of {host}", ["devices: not a list"])
    return tuple(_parse(Nic, device, f"rdma_facts of {host}") for device in devices)


def _parse(kind: type[Value], value: Any, subject: str) -> Value:
    faults = list(_faults(kind, value, ""))
    if faults:
        raise InputError(subject, faults)
    parsed: Value = _build(kind, value)
    return parsed


def _faults(kind: Any, value: Any, path: str) -> Iterator[str]:
    if is_dataclass(kind):
        yield from _mapping_faults(kind, value, path)
    elif get_args(kind):
        if not isinstance(value, list):
            yield f"{path}: found {value!r}, needed a list"
            return
        for at, item in enumerate(value):
            yield from _faults(get_args(kind)[0], item, f"{path}[{at}]")
    elif not _is(kind, value):
        yield f"{path}: found {value!r}, needed {kind.__name__}"


def _mapping_faults(kind: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path or 'facts'}: found {value!r}, needed a mapping"
        return
    hints = _hints(kind)
    for field in fields(kind):
        below = f"{path}.{field.name}" if path else field.name
        if field.name in value:
            yield from _faults(hints[field.name], value[field.name], below)
        else:
            yield f"{below}: missing; run the facts module of this version"


@cache
def _hints(kind: Hashable) -> Mapping[str, Any]:
    """The types of a class's fields: resolving them takes longer than all the rest."""
    return get_type_hints(kind)


def _is(kind: type, value: Any) -> bool:
    """Whether a plain value is of a kind; True and False are no numbers."""
    return isinstance(value, STANDS_FOR[kind]) and (kind is bool or not isinstance(value, bool))


def _build(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        return _build_class(kind, value)
    if get_args(kind):
        return tuple(_build(get_args(kind)[0], item) for item in value)
    return kind(value)


def _build_class(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(
        **{field.name: _build(hints[field.name], value[field.name]) for field in fields(kind)}
    )
