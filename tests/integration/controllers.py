"""The real scheduler, StatefulSet controller and LeaderWorkerSet beside a test's API server.

Only the kubelet is played: nodes are objects, and C(Kubelet) writes what one would write.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock

from lab.crowds import leaderworkerset
from lab.crowds.api import ControlPlane
from lab.crowds.programs import controller_manager, scheduler
from tests.integration.control_plane import running

CONTROLLERS = (
    "statefulset-controller,garbage-collector-controller,persistentvolume-binder-controller"
)


@contextmanager
def controllers(plane: ControlPlane, directory: Path) -> Iterator[None]:
    """Run what turns a LeaderWorkerSet into scheduled pods."""
    controller, port = leaderworkerset.controller(plane, directory)
    with ExitStack() as stack:
        for program in (scheduler(plane), controller_manager(plane, CONTROLLERS), controller):
            stack.enter_context(running(program, directory))
        leaderworkerset.install_webhooks(plane, directory, port)
        yield


def add_node(plane: ControlPlane, name: str, *, memory: str = "8Gi") -> None:
    """A node that is Ready, with 4 CPUs."""
    labels = {"kubernetes.io/hostname": name}
    plane.request("POST", "/api/v1/nodes", {"metadata": {"name": name, "labels": labels}})
    room = {"cpu": "4", "memory": memory, "pods": "20"}
    ready = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
    status = {"capacity": room, "allocatable": room, "conditions": ready}
    plane.request("PATCH", f"/api/v1/nodes/{name}/status", {"status": status})
    plane.request("PATCH", f"/api/v1/nodes/{name}", {"spec": {"taints": None}})


@dataclass
class Kubelet(Clock):
    """A clock that plays the kubelets whenever somebody sleeps.

    C(speed) is how many seconds of the waiting pass for each real one; C(outcomes) maps a pod's
    name to the container status it gets instead of becoming ready.
    """

    plane: ControlPlane
    namespace: str
    speed: float = 4.0
    outcomes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    passed: float = 0.0

    def now(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)
        self.passed += seconds
        for pod in self.pods():
            self._play(pod)

    def pods(self) -> list[dict[str, Any]]:
        """The namespace's pods as the API server has them."""
        found = self.plane.request("GET", f"/api/v1/namespaces/{self.namespace}/pods")
        items: list[dict[str, Any]] = found["items"]
        return items

    def _play(self, pod: Mapping[str, Any]) -> None:
        name, path = pod["metadata"]["name"], f"/api/v1/namespaces/{self.namespace}/pods"
        if not pod["spec"].get("nodeName"):
            return
        try:
            if pod["metadata"].get("deletionTimestamp"):
                self.plane.request("DELETE", f"{path}/{name}?gracePeriodSeconds=0")
            else:
                status = {"status": self._status(name)}
                self.plane.request("PATCH", f"{path}/{name}/status", status)
        except HTTPError as error:
            if error.code not in (404, 409):  # the pod went away, or another wrote it meanwhile
                raise

    def _status(self, name: str) -> dict[str, Any]:
        engine = {"name": "engine", "image": "x", "imageID": "", "restartCount": 0}
        if name in self.outcomes:
            state = {**engine, "ready": False, **self.outcomes[name]}
            return {"phase": "Pending", "containerStatuses": [state]}
        return {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [
                {**engine, "ready": True, "state": {"running": {"startedAt": None}}}
            ],
        }
