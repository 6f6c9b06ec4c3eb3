"""How serving_group waits.

Kubelet, scheduler and LeaderWorkerSet's controller do not run here: a test that needs what they
write writes it itself, through the same API.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    Change,
    OperationError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.serving_group import (
    GroupNotReadyError,
    Run,
    present,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

from lab.crowds.api import ControlPlane
from tests.integration.asking import parameters, run


@dataclass
class Scripted(Clock):
    """A clock whose time passes only by sleeping; each sleep runs the next step."""

    steps: list[Callable[[], object]] = field(default_factory=list)
    time: float = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        if self.steps:
            self.steps.pop(0)()


def unanswered_webhook(plane: ControlPlane) -> Callable[[], object]:
    """Register LeaderWorkerSet's webhook at an address where nothing listens; returns removal."""
    base = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    webhook = {
        "name": "mleaderworkerset.kb.io",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"url": "https://127.0.0.1:9/mutate"},
        "rules": [
            {
                "apiGroups": ["leaderworkerset.x-k8s.io"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["leaderworkersets"],
            }
        ],
    }
    plane.request("POST", base, {"metadata": {"name": "late"}, "webhooks": [webhook]})
    return lambda: plane.request("DELETE", f"{base}/late")


def connect(plane: ControlPlane) -> Callable[[], Cluster]:
    return lambda: Cluster.connect(kubeconfig=str(plane.kubeconfig), context="local")


def test_webhook_that_is_not_up_yet_is_waited_for(plane: ControlPlane, namespace: str) -> None:
    remove = unanswered_webhook(plane)
    spec = ServingGroupSpec.parse(parameters(plane, namespace))
    clock = Scripted([lambda: None, remove, *[lambda: None] * 20])
    change = present(connect(plane), spec, Run(check_mode=False, wait_seconds=None, clock=clock))
    assert len(change.actions) == 2
    assert clock.time >= 6


def test_webhook_that_never_comes_up_is_an_error(plane: ControlPlane, namespace: str) -> None:
    remove = unanswered_webhook(plane)
    spec = ServingGroupSpec.parse(parameters(plane, namespace))
    clock = Scripted()
    try:
        with pytest.raises(OperationError, match="failed calling webhook"):
            present(connect(plane), spec, Run(check_mode=False, wait_seconds=None, clock=clock))
    finally:
        remove()
    assert clock.time == 90


class Controller:
    """Writes what LeaderWorkerSet's controller, scheduler and kubelet would write."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self._plane = plane
        self._namespace = namespace
        self._pods = f"/api/v1/namespaces/{namespace}/pods"

    def pod(self, rank: int, *, node: str = "") -> str:
        """Create a rank's pod, bound to a node if one is named; returns its uid."""
        name = "smollm2-0" if rank == 0 else f"smollm2-0-{rank}"
        labels = {
            "leaderworkerset.sigs.k8s.io/name": "smollm2",
            "leaderworkerset.sigs.k8s.io/group-index": "0",
            "leaderworkerset.sigs.k8s.io/worker-index": str(rank),
        }
        container = {"name": "engine", "image": "docker.io/lmsysorg/sglang:v1-cpu"}
        spec = {"containers": [container], **({"nodeName": node} if node else {})}
        made = self._plane.request(
            "POST", self._pods, {"metadata": {"name": name, "labels": labels}, "spec": spec}
        )
        uid: str = made["metadata"]["uid"]
        return uid

    def status(self, name: str, **status: Any) -> None:
        """Write a pod's status as the kubelet would."""
        self._plane.request("PATCH", f"{self._pods}/{name}/status", {"status": status})

    def vanish(self) -> None:
        """Remove the leader's pod as the kubelet does once its containers have ended."""
        self._plane.request("DELETE", f"{self._pods}/smollm2-0?gracePeriodSeconds=0")

    def warn(self, uid: str, name: str, reason: str, message: str) -> None:
        """Write an event as the kubelet would."""
        self._plane.request(
            "POST",
            f"/api/v1/namespaces/{self._namespace}/events",
            {
                "metadata": {"generateName": "warning-"},
                "type": "Warning",
                "reason": reason,
                "message": message,
                "involvedObject": {
                    "kind": "Pod",
                    "name": name,
                    "namespace": self._namespace,
                    "uid": uid,
                },
            },
        )

    def ready(self) -> None:
        """Both ranks ready, and the LeaderWorkerSet's status says so."""
        for name in ("smollm2-0", "smollm2-0-1"):
            self.status(name, phase="Running", conditions=[{"type": "Ready", "status": "True"}])
        path = (
            f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{self._namespace}"
            "/leaderworkersets/smollm2"
        )
        generation = self._plane.request("GET", path)["metadata"]["generation"]
        status = {
            "observedGeneration": generation,
            "replicas": 1,
            "readyReplicas": 1,
            "updatedReplicas": 1,
        }
        self._plane.request("PATCH", f"{path}/status", {"status": status})


def waiting(plane: ControlPlane, namespace: str, *steps: Callable[[], object]) -> Change:
    spec = ServingGroupSpec.parse(parameters(plane, namespace))
    clock = Scripted(list(steps))
    return present(connect(plane), spec, Run(check_mode=False, wait_seconds=300, clock=clock))


def test_waits_until_every_rank_is_ready(plane: ControlPlane, namespace: str) -> None:
    controller = Controller(plane, namespace)
    change = waiting(
        plane,
        namespace,
        lambda: controller.pod(0, node="node1"),
        lambda: controller.pod(1, node="node2"),
        controller.ready,
    )
    assert change.result["group"]["ready"] is True
    assert change.result["group"]["pods"] == [
        {
            "name": "smollm2-0",
            "group": 0,
            "rank": 0,
            "node": "node1",
            "ready": True,
            "state": "Ready",
        },
        {
            "name": "smollm2-0-1",
            "group": 0,
            "rank": 1,
            "node": "node2",
            "ready": True,
            "state": "Ready",
        },
    ]


def test_group_without_pods_says_so_at_the_deadline(plane: ControlPlane, namespace: str) -> None:
    with pytest.raises(GroupNotReadyError, match=r"is not ready after 300 s.* it has no pods"):
        waiting(plane, namespace)


NOT_FOUND = (
    'Back-off pulling image "docker.io/lmsysorg/sglang:v1-cpu": ErrImagePull: failed to pull '
    'and unpack image "docker.io/lmsysorg/sglang:v1-cpu": failed to resolve reference '
    '"docker.io/lmsysorg/sglang:v1-cpu": docker.io/lmsysorg/sglang:v1-cpu: not found'
)


def pull_backed_off(controller: Controller) -> None:
    """The leader's image was not found, and the kubelet waits before it asks again."""
    controller.pod(0, node="node1")
    engine = {
        "name": "engine",
        "image": "x",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": NOT_FOUND}},
    }
    controller.status("smollm2-0", phase="Pending", containerStatuses=[engine])


def test_missing_image_ends_the_wait_early(plane: ControlPlane, namespace: str) -> None:
    controller = Controller(plane, namespace)
    with pytest.raises(GroupNotReadyError, match="will not become ready") as failed:
        waiting(plane, namespace, lambda: pull_backed_off(controller))
    origin = failed.value.details["ranks"][0]
    assert (origin["rank"], origin["node"], origin["cause"]) == (0, "node1", "image missing")


def test_group_that_was_held_up_is_restarted_by_the_next_run(
    plane: ControlPlane, namespace: str
) -> None:
    run(plane, namespace)
    controller = Controller(plane, namespace)
    pull_backed_off(controller)
    checked = run(plane, namespace, check=True)
    assert checked.actions == ("restart group 0: rank 0 was held up: image missing",)
    change = waiting(
        plane,
        namespace,
        *[lambda: None] * 30,
        controller.vanish,
        lambda: controller.pod(0, node="node1"),
        lambda: controller.pod(1, node="node2"),
        controller.ready,
    )
    assert change.actions == checked.actions
    assert change.result["group"]["ready"] is True
    assert run(plane, namespace).actions == ()


def test_missing_weights_are_found_in_the_pods_events(plane: ControlPlane, namespace: str) -> None:
    controller = Controller(plane, namespace)

    def mount() -> None:
        controller.pod(0, node="node1")
        uid = controller.pod(1, node="node2")
        text = (
            'MountVolume.SetUp failed for volume "model" : hostPath type check failed: '
            "/srv/models/smollm2 is not a directory"
        )
        controller.warn(uid, "smollm2-0-1", "FailedMount", text)

    with pytest.raises(GroupNotReadyError) as failed:
        waiting(plane, namespace, mount)
    origin = failed.value.details["ranks"][0]
    assert (origin["rank"], origin["node"], origin["cause"]) == (1, "node2", "weights path wrong")
    assert len(failed.value.details["ranks"]) == 2


def test_absent_waits_for_the_pods_and_names_those_that_stay(
    plane: ControlPlane, namespace: str
) -> None:
    run(plane, namespace)
    Controller(plane, namespace).pod(0, node="node1")
    with pytest.raises(OperationError, match=r"is not gone after 0 s: smollm2-0 on node1"):
        run(plane, namespace, state="absent", wait=True, wait_timeout=0)
