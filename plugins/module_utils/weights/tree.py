# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Refuse directories that are links: what is written below them would land somewhere else."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError


def refuse_links(directory: str, names: Iterable[str]) -> None:
    """Raise WeightsError when ``directory``, or one that a name leads through, is a link.

    Names are relative to ``directory``; what is not there yet is no link.
    """
    found = sorted(path for path in _directories(directory, names) if os.path.islink(path))
    if found:
        raise WeightsError(
            f"{', '.join(found)}: a link where a directory of this model is needed; "
            "see who put it there, remove it and run again"
        )


def _directories(directory: str, names: Iterable[str]) -> set[str]:
    parents: set[str] = set()
    for name in names:
        parent = os.path.dirname(name)
        while parent and parent not in parents:
            parents.add(parent)
            parent = os.path.dirname(parent)
    return {directory, *(os.path.join(directory, parent) for parent in parents)}
