# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sizes in bytes, as people read them."""

from __future__ import annotations

GIB = 1024**3
MIB = 1024**2


def gib(size: int) -> str:
    """C(size) bytes in GiB with one digit, or in MiB below one."""
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / MIB:.0f} MiB"
