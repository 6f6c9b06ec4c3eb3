# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every layer hands upwards: a change, a finding, or an error written for a person.

This file is the bottom of the import order: it imports the standard library alone and every
package may import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class OperationError(Exception):
    """A failure that a person can act on.

    The message says what failed, on which object, what was found, what was needed and what to do.
    C(details) are JSON-ready values that go into the module's result beside C(msg).
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details: dict[str, Any] = details


class InputError(OperationError):
    """All faults of one input at once, sorted. C(details["faults"]) holds one line a fault."""

    def __init__(self, subject: str, faults: list[str]) -> None:
        lines = sorted(set(faults))
        super().__init__(f"{subject}: {'; '.join(lines)}", faults=lines)


@dataclass(frozen=True)
class Change:
    """What a state module did, or in check mode would do.

    C(before) and C(after) are the two sides of the diff (empty mapping: the object is absent),
    C(actions) one line for each thing done, C(result) the module's domain keys
    (for example C({"group": {...}})). No actions means nothing changed.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    actions: tuple[str, ...]
    result: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """True when something was done."""
        return bool(self.actions)


@dataclass(frozen=True)
class Finding:
    """What an C(_info) or C(_facts) module read: domain keys only, never a change."""

    result: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
