# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows in columns, and figures as people read them."""

from __future__ import annotations

from collections.abc import Sequence

GAP = "  "
KIB = 1024
MIB = 1024**2


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table without borders; empty columns are left out, the last is not padded."""
    kept = [at for at in range(len(head)) if any(row[at] for row in rows)]
    lines = [[row[at] for at in kept] for row in (head, *rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(kept))]
    return [
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
    ]


def section(title: str, lines: Sequence[str]) -> list[str]:
    """A title with its lines indented, and an empty line before it; nothing without lines."""
    return ["", title, *(f"{GAP}{line}" for line in lines)] if lines else []


def duration(seconds: float) -> str:
    """C(seconds) in the unit that keeps its figure between 1 and 1000 or so."""
    if seconds >= 600:
        return f"{seconds / 60:.0f} min"
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1000:.3g} ms" if seconds >= 1e-4 else f"{seconds * 1e6:.3g} us"


def data(size: float) -> str:
    """C(size) bytes in MiB, KiB or bytes."""
    if size >= MIB:
        return f"{size / MIB:.1f} MiB"
    return f"{size / KIB:.1f} KiB" if size >= KIB else f"{size:.0f} B"


def count(number: float) -> str:
    """A number with its thousands apart."""
    return f"{number:,.0f}"
