# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All faults as one text for people."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault


def report(faults: Sequence[Fault]) -> str:
    """A numbered list: what, where, found, needed, fix."""
    count = f"{len(faults)} fault" if len(faults) == 1 else f"{len(faults)} faults"
    entries = [_entry(number, fault) for number, fault in enumerate(faults, start=1)]
    return "\n\n".join([f"preflight found {count}; no host was changed.", *entries])


def _entry(number: int, fault: Fault) -> str:
    head = f"{number}. {fault.where}: {fault.what}"
    rows = (("found", fault.found), ("needed", fault.needed), ("fix", fault.fix))
    return "\n".join([head, *(f"   {name + ':':<8}{text}" for name, text in rows)])
