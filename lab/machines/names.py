"""One handle per machine, ``bmm.<lab>.<machine>``: the name of its QEMU process and of its tap.

Another prefix than that of lab.hosts: neither takes the other's traces for its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

PREFIX = "bmm"
# The lab of the machine that is being saved; no lab file can have a name of two words.
SAVING = "saved.state"
_HANDLE = re.compile(rf"{PREFIX}\.(?P<lab>[a-z0-9-]+|{re.escape(SAVING)})\.(?P<machine>[a-z0-9-]+)")


@dataclass(frozen=True, order=True)
class Handle:
    """A machine of a lab, as ``bmm.<lab>.<machine>``."""

    lab: str
    machine: str

    def __str__(self) -> str:
        return f"{PREFIX}.{self.lab}.{self.machine}"

    @classmethod
    def parse(cls, text: str) -> Handle | None:
        """Return the handle that ``text`` spells, or None where it spells something else."""
        found = _HANDLE.fullmatch(text)
        return cls(found["lab"], found["machine"]) if found else None


def bridge(lab: str) -> str:
    """Return the lab's bridge, at most 15 characters (the kernel's limit) for a valid lab name."""
    return f"{PREFIX}-{lab}"


def tap(handle: Handle) -> str:
    """Return this machine's end of the QEMU machine's link: 15 characters."""
    return f"{PREFIX}{_digest(handle)[:12]}"


def mac(handle: Handle) -> str:
    """Return the machine's locally administered address, the same at every boot."""
    digest = _digest(handle)
    return ":".join(["02", *(digest[i : i + 2] for i in range(0, 10, 2))])


def _digest(handle: Handle) -> str:
    return hashlib.sha256(str(handle).encode()).hexdigest()
