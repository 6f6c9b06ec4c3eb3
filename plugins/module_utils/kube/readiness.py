# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kind -> is an object of it ready, and if not, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable


def missing_for_ready(obj: Mapping[str, Any]) -> str:
    """Say what C(obj) (as the API server returns it) lacks to be ready; empty when it is ready."""
    return PREDICATES[obj["kind"]](obj)


def _leader_worker_set(obj: Mapping[str, Any]) -> str:
    wanted = obj["spec"]["replicas"]
    status = obj.get("status", {})
    generation = obj["metadata"]["generation"]
    if status.get("observedGeneration") != generation:
        return f"LeaderWorkerSet's controller has not yet seen generation {generation}"
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if ready == updated == wanted and _condition(obj, "UpdateInProgress") != "True":
        return ""
    return f"{ready} of {wanted} groups ready, {updated} at the current revision"


def _pod(obj: Mapping[str, Any]) -> str:
    if obj["metadata"].get("deletionTimestamp"):
        return "is being deleted"
    return "" if _condition(obj, "Ready") == "True" else f"is {obj['status'].get('phase')}"


def _always(_obj: Mapping[str, Any]) -> str:
    return ""


def _condition(obj: Mapping[str, Any], kind: str) -> str:
    conditions = obj.get("status", {}).get("conditions", [])
    return next((str(c["status"]) for c in conditions if c["type"] == kind), "")


PREDICATES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "LeaderWorkerSet": _leader_worker_set,
    "Pod": _pod,
    "Service": _always,
}
