"""The machine's mounts, as the kernel lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mount:
    """One mounted file system."""

    target: Path
    kind: str
    source: str


def table() -> tuple[Mount, ...]:
    """Return this process's mounts, the latest last."""
    return parse(Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines())


def parse(mountinfo: Iterable[str]) -> tuple[Mount, ...]:
    """Return the mounts of ``mountinfo`` lines, with the kernel's octal escapes resolved."""
    found = []
    for line in mountinfo:
        before, after = line.split(" - ", 1)
        kind, source = after.split(" ")[:2]
        found.append(Mount(Path(_plain(before.split()[4])), kind, _plain(source)))
    return tuple(found)


def type_of(path: Path) -> str:
    """Return the type of the file system that holds ``path``."""
    holding = [mount for mount in table() if path.is_relative_to(mount.target)]
    return max(reversed(holding), key=lambda mount: len(mount.target.parts)).kind


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), text)
