from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import Ref
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.pods import (
    PodView,
    observe_pods,
)


class Recorded:
    """Answers from values and keeps which logs were asked for."""

    def __init__(self, pods: Sequence[Mapping[str, Any]]) -> None:
        self.pods = pods
        self.logs: list[tuple[str | None, bool]] = []

    def list(self, ref: Ref, *, selector: str = "", fields: str = "") -> Sequence[Any]:
        if ref.kind == "Pod":
            assert selector == "leaderworkerset.sigs.k8s.io/name=g"
            return self.pods
        uid = fields.split(",", maxsplit=1)[0].removeprefix("involvedObject.uid=")
        return [{"reason": "FailedMount", "message": f"for {uid}"}] * 2

    def log(self, pod: Ref, *, container: str, previous: bool, lines: int) -> tuple[str, ...]:
        assert (container, lines) == ("engine", 150)
        self.logs.append((pod.name, previous))
        return ("last line",)


def raw(status: dict[str, Any], *, rank: int = 0, node: str = "node1") -> dict[str, Any]:
    labels = {
        "leaderworkerset.sigs.k8s.io/group-index": "0",
        "leaderworkerset.sigs.k8s.io/worker-index": str(rank),
    }
    return {
        "metadata": {"name": f"g-0-{rank}", "uid": f"u{rank}", "labels": labels},
        "spec": {"nodeName": node} if node else {},
        "status": status,
    }


def engine(restarts: int = 0, **states: Any) -> dict[str, Any]:
    return {
        "phase": "Running",
        "containerStatuses": [
            {"name": "other", "restartCount": 9},
            {"name": "engine", "restartCount": restarts, **states},
        ],
    }


def observe(*pods: dict[str, Any]) -> tuple[list[PodView], Recorded]:
    cluster = Recorded(pods)
    return observe_pods(cast(Cluster, cluster), namespace="serving", group="g"), cluster


ENDED = {"terminated": {"reason": "Error", "exitCode": 1}}


@pytest.mark.parametrize(
    ("status", "state", "log", "asked"),
    [
        (engine(state={"running": {}}), "Running", ("last line",), [("g-0-0", False)]),
        (engine(state=ENDED), "Error: exit code 1", ("last line",), [("g-0-0", False)]),
        (
            engine(1, state={"running": {}}, lastState=ENDED),
            "Error: exit code 1",
            ("last line",),
            [("g-0-0", True)],
        ),
        (
            engine(2, state=ENDED, lastState=ENDED),
            "Error: exit code 1",
            ("last line",),
            [("g-0-0", False)],
        ),
        (
            engine(2, state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ENDED),
            "Error: exit code 1",
            ("last line",),
            [("g-0-0", True)],
        ),
        (
            engine(state={"waiting": {"reason": "ErrImagePull", "message": "not found"}}),
            "ErrImagePull: not found",
            (),
            [],
        ),
        ({"phase": "Pending"}, "Pending", (), []),
        (
            {"phase": "Failed", "reason": "Evicted", "message": "low on disk"},
            "Failed Evicted: low on disk",
            (),
            [],
        ),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available",
                    }
                ],
            },
            "Unschedulable: 0/3 nodes are available",
            (),
            [],
        ),
    ],
)
def test_state_and_log_of_a_pod_that_is_not_ready(
    status: dict[str, Any],
    state: str,
    log: tuple[str, ...],
    asked: list[tuple[str, bool]],
) -> None:
    (view,), cluster = observe(raw(status))
    assert (view.state, view.log, cluster.logs) == (state, log, asked)


@pytest.mark.parametrize(
    ("status", "incarnation"),
    [
        (engine(0, state={"running": {}}), 0),
        (engine(0, state=ENDED), 0),
        (engine(1, state={"running": {}}, lastState=ENDED), 0),
        (engine(1, state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ENDED), 0),
        (engine(1, state=ENDED, lastState=ENDED), 1),
        (engine(2, state={"running": {}}, lastState=ENDED), 1),
    ],
)
def test_one_end_of_a_container_is_counted_once(status: dict[str, Any], incarnation: int) -> None:
    (view,), _ = observe(raw(status))
    assert view.incarnation == incarnation


def test_events_are_read_once_each_while_the_container_has_not_started() -> None:
    (waiting, started), _ = observe(
        raw({"phase": "Pending"}), raw(engine(state={"running": {}}), rank=1)
    )
    assert waiting.events == ("FailedMount: for u0",)
    assert started.events == ()


def test_ready_pod_is_asked_nothing_more() -> None:
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    (view,), cluster = observe(raw(status))
    assert (view.ready, view.state, view.events, cluster.logs) == (True, "Ready", (), [])


def test_pods_come_by_rank_as_a_number() -> None:
    pods = [raw({"phase": "Pending"}, rank=rank, node="") for rank in (10, 2, 0)]
    views, _ = observe(*pods)
    assert [(view.rank, view.node) for view in views] == [(0, ""), (2, ""), (10, "")]
