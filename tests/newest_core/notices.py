"""Warnings and errors that Ansible printed in a run, and which of them are another collection's."""

from __future__ import annotations

import re

BEGINNING = re.compile(r"^\[(WARNING|DEPRECATION WARNING|ERROR)\]: ")
# Ansible closes a deprecation with its owner: "... will be removed from collection 'X' version Y."
OWNER = re.compile(r"removed from collection '([^']+)'")
OURS = "baremetal.sglang"
# Warnings that name no owner: of kubernetes.core.helm, where Helm lacks the plugin diff.
WARNINGS_OF_OTHERS = ("[WARNING]: The default idempotency check can fail to report changes",)
# Said once before the first deprecation, whoever's that is.
HINT = "Deprecation warnings can be disabled by setting `deprecation_warnings=False`"


def notices(output: str) -> list[str]:
    """Each warning, deprecation and error of a run: its line and those below, to an empty line."""
    found: list[str] = []
    open_notice = False
    for line in output.splitlines():
        if BEGINNING.match(line):
            found.append(line)
            open_notice = True
        elif not line.strip():
            open_notice = False
        elif open_notice:
            found[-1] += f"\n{line}"
    return [notice for notice in found if HINT not in notice]


def is_of_others(notice: str) -> bool:
    """Whether a notice is another collection's; one whose owner is not known is ours."""
    owner = OWNER.search(notice)
    if owner is None:
        return notice.startswith(WARNINGS_OF_OTHERS)
    return owner.group(1) != OURS
