# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One fault of a person's input, and the reading order of several."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

# Below this similarity (difflib ratio, 0 to 1) a suggestion misleads more than it helps.
NEAREST_CUTOFF = 0.6


@dataclass(frozen=True)
class Fault:
    """What is wrong, on which object, and what a person does about it.

    C(code) is a stable name in snake case, C(where) the object (a host, a variable, a place in a
    file), C(found) and C(needed) the two sides with their figures, C(fix) one thing to do.
    """

    code: str
    where: str
    found: str
    needed: str
    fix: str

    @property
    def what(self) -> str:
        """The code as words: C(port_taken) is "port taken"."""
        return self.code.replace("_", " ")

    def line(self) -> str:
        """The fault in one line, for an exception's message."""
        return f"{self.where}: {self.what}: found {self.found}, needed {self.needed}; {self.fix}"

    def as_dict(self) -> dict[str, str]:
        """JSON-ready, for a module's result."""
        return {"what": self.what, **asdict(self)}


def ordered(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Each fault once, by place, then by kind."""
    return tuple(sorted(set(faults), key=lambda fault: (fault.where, fault.code, fault.found)))


def nearest(name: str, known: Collection[str]) -> str:
    """The known name most like C(name), or an empty string when none is near."""
    matches = difflib.get_close_matches(name, sorted(known), n=1, cutoff=NEAREST_CUTOFF)
    return matches[0] if matches else ""


def rename_fix(name: str, known: Collection[str]) -> str:
    """What to do about an unknown name: the nearest known one, or all of them."""
    near = nearest(name, known)
    if near:
        return f"write {near}, or remove {name}"
    return f"remove {name}; known names: {', '.join(sorted(known))}"
