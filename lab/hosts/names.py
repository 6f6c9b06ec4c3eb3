"""One handle per host, from which every trace that a lab leaves on the machine takes its name.

``bml.<lab>.<host>`` is the cgroup directory, the nspawn machine name and the overlay's mount
source; so whatever survives a killed launcher is found by name, without a state file. Lab and host
names hold no dot, which makes a handle unambiguous.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

PREFIX = "bml"
GATEWAY = "gateway"  # the name that the gateway's processes run under; no host may have it
LAB_NAME = re.compile(r"[a-z]([a-z0-9-]{0,9}[a-z0-9])?")
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_HANDLE = re.compile(rf"{PREFIX}\.(?P<lab>[a-z0-9-]+)\.(?P<host>[a-z0-9-]+)")


@dataclass(frozen=True, order=True)
class Handle:
    """A host of a lab, as ``bml.<lab>.<host>``."""

    lab: str
    host: str

    def __str__(self) -> str:
        return f"{PREFIX}.{self.lab}.{self.host}"

    @classmethod
    def parse(cls, text: str) -> Handle | None:
        """Return the handle that ``text`` spells, or None where it spells something else."""
        found = _HANDLE.fullmatch(text)
        return cls(found["lab"], found["host"]) if found else None


def bridge(lab: str) -> str:
    """Return the lab's bridge, at most 15 characters (the kernel's limit) for a valid lab name."""
    return f"{PREFIX}-{lab}"


def lab_of_bridge(name: str) -> str | None:
    """Return the lab whose bridge is called ``name``, or None for a bridge of somebody else."""
    lab = name.removeprefix(f"{PREFIX}-")
    return lab if lab != name and LAB_NAME.fullmatch(lab) else None


def veth(handle: Handle) -> str:
    """Return the machine's end of a host's link: 15 characters, the same at every boot."""
    return f"{PREFIX}{_digest(handle)[:12]}"


def mac(handle: Handle) -> str:
    """Return the host's locally administered address, the same at every boot."""
    digest = _digest(handle)
    return ":".join(["02", *(digest[i : i + 2] for i in range(0, 10, 2))])


def _digest(handle: Handle) -> str:
    return hashlib.sha256(str(handle).encode()).hexdigest()
