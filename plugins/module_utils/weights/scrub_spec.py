# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node scrubs: the configuration file that role model_weights writes for each model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import (
    input_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import url_faults

_TYPES: Mapping[str, type] = {
    "name": str,
    "destination": str,
    "sources": list,
    "bytes_per_second": int,
    "timeout_seconds": int,
    "retries": int,
    "metrics_directory": str,
}


@dataclass(frozen=True)
class ScrubSpec:
    """One model of a node.

    ``sources`` are URLs of directories with the model's files, asked in turn for a file that was
    found wrong. ``bytes_per_second`` bounds reading (0: unbounded), ``timeout_seconds`` one attempt
    at a file and the wait for another run, ``retries`` the attempts after the first at each source.
    ``metrics_directory`` is the textfile directory of the node exporter (empty: no metrics).
    """

    name: str
    destination: str
    sources: tuple[str, ...]
    bytes_per_second: int
    timeout_seconds: int
    retries: int
    metrics_directory: str


def parse_scrub_spec(text: bytes, where: str) -> ScrubSpec:
    """Parse a configuration file; raises InputError with every fault."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError(f"{where} is refused", [f"it is not JSON ({error})"]) from error
    if not isinstance(content, dict):
        raise InputError(f"{where} is refused", ["it is not a JSON object"])
    faults = list(_type_faults(content)) or list(_value_faults(content))
    if faults:
        raise InputError(f"{where} is refused", faults)
    return ScrubSpec(
        name=content["name"],
        destination=os.path.normpath(content["destination"]),
        sources=tuple(source.rstrip("/") for source in content["sources"]),
        bytes_per_second=content["bytes_per_second"],
        timeout_seconds=content["timeout_seconds"],
        retries=content["retries"],
        metrics_directory=content["metrics_directory"],
    )


def _type_faults(content: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted({*content, *_TYPES}):
        if key not in _TYPES:
            yield f"{key} is not known"
        elif key not in content:
            yield f"{key} is missing"
        elif isinstance(content[key], bool) or not isinstance(content[key], _TYPES[key]):
            yield f"{key} is {content[key]!r}, a JSON {_TYPES[key].__name__} is needed"
    for source in content.get("sources", []) if isinstance(content.get("sources"), list) else []:
        if not isinstance(source, str):
            yield f"sources holds {source!r}, URLs are needed"


def _value_faults(content: Mapping[str, Any]) -> Iterator[str]:
    yield from input_faults(content["name"], content["destination"], "", None)
    for source in content["sources"]:
        yield from (fault.line("sources") for fault in url_faults(source))
    least = {"bytes_per_second": 0, "timeout_seconds": 1, "retries": 0}
    for key, minimum in least.items():
        if content[key] < minimum:
            yield f"{key} {content[key]}: at least {minimum} is needed"
    directory = content["metrics_directory"]
    if directory and not directory.startswith("/"):
        yield f"metrics_directory {directory!r}: an absolute path is needed"
