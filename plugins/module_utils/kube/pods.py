# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be seen of a group's pods: parsed once, with events and log lines where they help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import Ref
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.readiness import (
    missing_for_ready,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    CONTAINER,
    GROUP_INDEX_LABEL,
    NAME_LABEL,
    WORKER_INDEX_LABEL,
)

LOG_LINES = 150
"""A Python traceback of nested engine calls fits; more would only cost time."""


@dataclass(frozen=True)
class PodView:
    """One pod at one moment. Text fields are empty where there is nothing to say.

    C(waiting), C(terminated) are C("Reason: message") of the engine's container, C(scheduling) the
    scheduler's refusal, C(events) warnings as C("Reason: message"). C(incarnation) counts the
    container's runs in this pod from 0; it and C(log) are those of the last run that ended, or of
    the first one while it lasts.
    """

    uid: str
    name: str
    group: int
    rank: int
    node: str
    phase: str
    lacks: str
    incarnation: int
    waiting: str = ""
    terminated: str = ""
    scheduling: str = ""
    events: tuple[str, ...] = ()
    log: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """True when the pod takes part in serving."""
        return not self.lacks

    @property
    def state(self) -> str:
        """The most telling thing about the pod, in one line."""
        return (
            self.terminated or self.waiting or self.scheduling or self.phase
            if not self.ready
            else "Ready"
        )

    def summary(self) -> dict[str, Any]:
        """Values for the module's result."""
        return {
            "name": self.name,
            "group": self.group,
            "rank": self.rank,
            "node": self.node,
            "ready": self.ready,
            "state": self.state,
        }


def observe_pods(cluster: Cluster, *, namespace: str, group: str) -> list[PodView]:
    """Read the pods of a LeaderWorkerSet, by group and rank; for those not ready also why."""
    collection = Ref("v1", "Pod", namespace, None)
    found = cluster.list(collection, selector=f"{NAME_LABEL}={group}")
    views = [_view(cluster, namespace, pod) for pod in found]
    return sorted(views, key=lambda view: (view.group, view.rank, view.name))


def _view(cluster: Cluster, namespace: str, pod: Mapping[str, Any]) -> PodView:
    metadata, status = pod["metadata"], pod["status"]
    container = _container_status(status)
    restarts = int(container.get("restartCount", 0))
    ended_before = "terminated" not in container.get("state", {}) and bool(_ended(container))
    lacks = missing_for_ready({**pod, "kind": "Pod"})
    started = "running" in container.get("state", {}) or bool(_ended(container))
    return PodView(
        uid=metadata["uid"],
        name=metadata["name"],
        group=int(metadata["labels"].get(GROUP_INDEX_LABEL, 0)),
        rank=int(metadata["labels"].get(WORKER_INDEX_LABEL, 0)),
        node=pod["spec"].get("nodeName", ""),
        phase=_phase(status),
        lacks=lacks,
        incarnation=restarts - 1 if ended_before else restarts,
        waiting=_reason(container.get("state", {}).get("waiting")),
        terminated=_ended(container),
        scheduling=_scheduling(status),
        events=() if not lacks or started else _warnings(cluster, namespace, metadata["uid"]),
        log=()
        if not lacks or not started
        else _log(cluster, namespace, metadata["name"], previous=ended_before),
    )


def _phase(status: Mapping[str, Any]) -> str:
    text = str(status.get("phase", "Pending"))
    return f"{text} {_reason(status)}".strip() if status.get("reason") else text


def _container_status(status: Mapping[str, Any]) -> Mapping[str, Any]:
    statuses = status.get("containerStatuses", [])
    found: Mapping[str, Any] = next((s for s in statuses if s["name"] == CONTAINER), {})
    return found


def _ended(container: Mapping[str, Any]) -> str:
    """How the container's last incarnation ended: C("Reason: exit code N"), or empty."""
    for state in (container.get("state", {}), container.get("lastState", {})):
        ended = state.get("terminated")
        if ended:
            return f"{ended.get('reason', 'Error')}: exit code {ended.get('exitCode')}"
    return ""


def _reason(state: Optional[Mapping[str, Any]]) -> str:
    if not state:
        return ""
    return f"{state.get('reason', '')}: {state.get('message', '')}".rstrip(": ")


def _scheduling(status: Mapping[str, Any]) -> str:
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _reason(condition)
    return ""


def _warnings(cluster: Cluster, namespace: str, uid: str) -> tuple[str, ...]:
    events = cluster.list(
        Ref("v1", "Event", namespace, None), fields=f"involvedObject.uid={uid},type=Warning"
    )
    return tuple(sorted({_reason(event) for event in events}))


def _log(cluster: Cluster, namespace: str, name: str, *, previous: bool) -> tuple[str, ...]:
    pod = Ref("v1", "Pod", namespace, name)
    return cluster.log(pod, container=CONTAINER, previous=previous, lines=LOG_LINES)
