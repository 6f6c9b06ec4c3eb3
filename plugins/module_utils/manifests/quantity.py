# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes quantities in their canonical form.

A webhook that decodes an object writes quantities back in this form, but not on every request; any
other form would be seen as a change again and again.
"""

from __future__ import annotations

from decimal import Decimal

BINARY_SUFFIXES = ("Mi", "Gi", "Ti", "Pi")


def cpus(text: str) -> str:
    """CPUs as whole ones or, where a part remains, in thousandths (C(m)).

    C(text) is a plain number with at most three decimals, or thousandths with C(m).
    """
    thousandths = int(text[:-1]) if text.endswith("m") else int(Decimal(text) * 1000)
    whole, part = divmod(thousandths, 1000)
    return f"{thousandths}m" if part else str(whole)


def mebibytes(amount: int) -> str:
    """Memory in MiB, with the largest suffix that leaves a whole number."""
    step = 0
    while amount and amount % 1024 == 0 and step + 1 < len(BINARY_SUFFIXES):
        amount, step = amount // 1024, step + 1
    return f"{amount}{BINARY_SUFFIXES[step]}"
