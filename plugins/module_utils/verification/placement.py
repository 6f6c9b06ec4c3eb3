# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare the ranks that run in the cluster with the ranks that the plan wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Labels that LeaderWorkerSet sets on each pod (api/leaderworkerset/v1/leaderworkerset_types.go).
LABEL_GROUP = "leaderworkerset.sigs.k8s.io/name"
LABEL_RANK = "leaderworkerset.sigs.k8s.io/worker-index"


def placement(pods: Iterable[Mapping[str, Any]], plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ranks that run and every difference from the plan.

    C(pods) are Pod objects as the API server returns them, C(plan) is a plan of schema 1. The
    result has C(ranks), a list of {group, rank, pod, host, node_ip, phase} in the order of group
    and rank, and C(faults), a list of sentences that is empty when all is as planned.
    """
    ranks = sorted((_rank(pod) for pod in pods), key=lambda rank: (rank["group"], rank["rank"]))
    return {"ranks": ranks, "faults": sorted(_faults(ranks, _planned(plan)))}


def _rank(pod: Mapping[str, Any]) -> dict[str, Any]:
    labels = pod["metadata"]["labels"]
    status = pod.get("status", {})
    return {
        "group": labels[LABEL_GROUP],
        "rank": int(labels[LABEL_RANK]),
        "pod": pod["metadata"]["name"],
        "host": pod["spec"].get("nodeName", ""),
        "node_ip": status.get("hostIP", ""),
        "phase": status.get("phase", ""),
    }


def _planned(plan: Mapping[str, Any]) -> dict[tuple[str, int], str]:
    return {
        (group["name"], rank["rank"]): rank["host"]
        for group in plan["groups"]
        for rank in group["ranks"]
    }


def _faults(
    ranks: Iterable[Mapping[str, Any]], planned: Mapping[tuple[str, int], str]
) -> Iterable[str]:
    found = {(rank["group"], rank["rank"]): rank for rank in ranks}
    for (group, number), host in planned.items():
        rank = found.get((group, number))
        if rank is None:
            yield f"group {group} rank {number}: no pod found, planned on {host}"
        elif rank["host"] != host:
            yield f"group {group} rank {number}: found on {rank['host']}, planned on {host}"
        elif rank["phase"] != "Running":
            yield f"group {group} rank {number}: pod {rank['pod']} is {rank['phase']}, not Running"
    for group, number in found.keys() - planned.keys():
        yield f"group {group} rank {number}: found a pod that the plan does not have"
