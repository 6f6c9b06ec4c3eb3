"""Find versions of the catalogue's parts that are spelled outside of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Two dots at least: a shorter number is too often something else.
VERSION = re.compile(r"\d+\.\d+\.\d+[\w.+~-]*")


def spelled_versions(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Each version and tag of `catalogue_parts` without a leading v, and the part that has it."""
    found: dict[str, str] = {}
    for name, part in parts.items():
        for field in ("version", "tag"):
            value = str(part.get(field, "")).removeprefix("v")
            if VERSION.fullmatch(value):
                found.setdefault(value, name)
    return found


def version_faults(path: str, text: str, versions: Mapping[str, str]) -> list[str]:
    """The lines of a file that spell one of `versions`, with the part that it belongs to."""
    faults = []
    for number, line in enumerate(text.splitlines(), start=1):
        for version, part in versions.items():
            if version in line and _pattern(version).search(line):
                faults.append(
                    f"{path}:{number}: spells {version} of {part}; read it from catalogue/parts.yml"
                )
    return faults


def _pattern(version: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])v?{re.escape(version)}(?!\.?\w)")
