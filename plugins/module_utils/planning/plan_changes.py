# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two plans against each other, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = "(absent)"
# What tells the entries of a list apart, the first that all of them have.
LABELS = ("name", "role", "layout", "rank", "setting", "host")
# Parts of the explanation that follow from the others; of an engine's, their number is compared.
DERIVED = ("ranks", "settings")
COUNTED = ("alternatives", "refused")


@dataclass(frozen=True)
class FieldChange:
    """One field of a plan: its path and both values, C(ABSENT) where a side lacks it."""

    path: str
    before: Any
    after: Any

    def line(self) -> str:
        """The change in one line."""
        return f"{self.path}: {self.before} -> {self.after}"


def plan_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Fields that differ, in the order of C(after), then those that only C(before) has.

    Reasons of ranks and settings, and the layouts that were not taken, are left out. Entries of a
    list of mappings are told apart by a key of C(LABELS), so that an entry more does not change the
    names of all that follow; a list of plain values is one field.
    """
    old, new = fields_of(_decisions(before)), fields_of(_decisions(after))
    paths = [*new, *(path for path in old if path not in new)]
    changes = (FieldChange(path, old.get(path, ABSENT), new.get(path, ABSENT)) for path in paths)
    return tuple(change for change in changes if not _same(change.before, change.after))


def fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Path -> plain value of each field, in order."""
    found: dict[str, Any] = {}
    _collect(document, "", found)
    return found


def _decisions(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    explanation = plan.get("explanation")
    if not isinstance(explanation, Mapping):
        return plan
    kept = {key: value for key, value in explanation.items() if key not in DERIVED}
    if _entries(kept.get("engines")):
        kept["engines"] = [
            {key: len(value) if key in COUNTED else value for key, value in engine.items()}
            for engine in kept["engines"]
        ]
    return {**plan, "explanation": kept}


def _collect(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, Mapping) and value:
        for key, entry in value.items():
            _collect(entry, f"{path}.{key}" if path else str(key), found)
    elif _entries(value):
        for label, entry in zip(_labels(value), value):
            _collect(entry, f"{path}[{label}]", found)
    elif path:
        found[path] = value


def _entries(value: Any) -> bool:
    plain_list = isinstance(value, Sequence) and not isinstance(value, str)
    return plain_list and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _labels(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    for key in LABELS:
        labels = [str(entry[key]) for entry in entries if key in entry]
        if len(set(labels)) == len(entries):
            return labels
    return [str(index) for index in range(len(entries))]


def _same(one: Any, other: Any) -> bool:
    """Equal in value and type, so that 1 is neither true nor 1.0."""
    return type(one) is type(other) and bool(one == other)
