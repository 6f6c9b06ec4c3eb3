# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster is told of a plan: its groups, and its racks as labels of nodes.

LeaderWorkerSet's exclusive topology gives a group all of one value of a label: no other group may
have a pod there. So only a group that is alone in its one rack asks for it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    PREFIX,
    RACK_LABEL,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Group, Plan

_RACK = RACK_LABEL[len(PREFIX) :]


def planned_labels(plan: Plan) -> dict[str, dict[str, str]]:
    """Labels of each host of a plan, as module node_labels takes them."""
    return {host: {_RACK: rack} for host, rack in sorted(plan.racks)}


def planned_groups(plan: Plan) -> list[dict[str, Any]]:
    """All that a plan says of each of its groups, as module serving_group takes it."""
    return [_parameters(group, plan) for group in plan.groups]


def _parameters(group: Group, plan: Plan) -> dict[str, Any]:
    return {
        "name": group.name,
        "ranks": [
            {"rank": rank.rank, "host": rank.host, "gpus": list(rank.gpus)} for rank in group.ranks
        ],
        "exclusive_topology": RACK_LABEL if _is_alone(group, plan) else "",
        "served_model_name": plan.model.name,
        "arguments": [*plan.arguments, *group.arguments],
        "environment": dict(plan.environment),
        "resources": asdict(plan.resources),
        "ports": {"serving": plan.ports.serving, "distributed": plan.ports.distributed},
        "shared_memory_mib": plan.shared_memory_mib,
        "startup_seconds": plan.startup_seconds,
        "cache_path": plan.cache_path,
    }


def _is_alone(group: Group, plan: Plan) -> bool:
    """Whether the group lies in one rack that no other group of the plan has a host in."""
    racks = _racks_of(group, plan)
    groups_of = Counter(rack for each in plan.groups for rack in _racks_of(each, plan))
    return len(racks) == 1 and "" not in racks and all(groups_of[rack] == 1 for rack in racks)


def _racks_of(group: Group, plan: Plan) -> frozenset[str]:
    """Racks of a group's hosts; an empty name for hosts whose rack nobody said."""
    racks = dict(plan.racks)
    return frozenset(racks.get(rank.host, "") for rank in group.ranks)
