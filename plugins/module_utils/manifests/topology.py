# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster is told of a plan's racks: labels of nodes, and groups that keep to one rack.

LeaderWorkerSet's exclusive topology gives a group all of one value of a label: no other group that
asks for the same may have a pod there. So only a group that is alone in its one rack asks for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    PREFIX,
    RACK_LABEL,
)

_RACK = RACK_LABEL[len(PREFIX) :]


def planned_labels(plan: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Labels of each host of a plan (schema 1), as module node_labels takes them."""
    return {host: {_RACK: rack} for host, rack in sorted(_racks(plan).items())}


def exclusive_topology(plan: Mapping[str, Any], group: str) -> str:
    """The label whose one value the group has for itself; empty where it has none.

    C(plan) is a plan of schema 1 and C(group) the name of one of its groups.
    """
    used = {each["name"]: _racks_of(each, _racks(plan)) for each in plan["groups"]}
    groups_of = Counter(rack for racks in used.values() for rack in racks)
    alone = len(used[group]) == 1 and all(groups_of[rack] == 1 for rack in used[group])
    return RACK_LABEL if alone and "" not in used[group] else ""


def _racks(plan: Mapping[str, Any]) -> Mapping[str, str]:
    racks: Mapping[str, str] = plan.get("racks") or {}
    return racks


def _racks_of(group: Mapping[str, Any], racks: Mapping[str, str]) -> frozenset[str]:
    """Racks of a group's hosts; an empty name for hosts whose rack nobody said."""
    return frozenset(racks.get(rank["host"], "") for rank in group["ranks"])
