from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.verification.placement import (
    placement,
)

PLAN = {
    "groups": [
        {"name": "r1", "ranks": [{"rank": 0, "host": "gpu-1"}, {"rank": 1, "host": "gpu-2"}]},
    ]
}


def pod(rank: int, host: str, *, phase: str = "Running", group: str = "r1") -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"{group}-0-{rank}",
            "labels": {
                "leaderworkerset.sigs.k8s.io/name": group,
                "leaderworkerset.sigs.k8s.io/worker-index": str(rank),
            },
        },
        "spec": {"nodeName": host},
        "status": {"hostIP": "10.0.0.1", "phase": phase},
    }


def test_ranks_come_in_order_with_pod_host_and_address() -> None:
    found = placement([pod(1, "gpu-2"), pod(0, "gpu-1")], PLAN)
    assert found["faults"] == []
    assert found["ranks"][0] == {
        "group": "r1",
        "rank": 0,
        "pod": "r1-0-0",
        "host": "gpu-1",
        "node_ip": "10.0.0.1",
        "phase": "Running",
    }
    assert [rank["rank"] for rank in found["ranks"]] == [0, 1]


@pytest.mark.parametrize(
    ("pods", "faults"),
    [
        pytest.param(
            [pod(0, "gpu-1")],
            ["group r1 rank 1: no pod found, planned on gpu-2"],
            id="missing",
        ),
        pytest.param(
            [pod(0, "gpu-2"), pod(1, "gpu-1")],
            [
                "group r1 rank 0: found on gpu-2, planned on gpu-1",
                "group r1 rank 1: found on gpu-1, planned on gpu-2",
            ],
            id="swapped",
        ),
        pytest.param(
            [pod(0, "gpu-1"), pod(1, "gpu-2", phase="Pending")],
            ["group r1 rank 1: pod r1-0-1 is Pending, not Running"],
            id="not-running",
        ),
        pytest.param(
            [pod(0, "gpu-1"), pod(1, "gpu-2"), pod(2, "gpu-3")],
            ["group r1 rank 2: found a pod that the plan does not have"],
            id="too-many",
        ),
    ],
)
def test_each_difference_is_a_fault(pods: list[dict[str, Any]], faults: list[str]) -> None:
    assert placement(pods, PLAN)["faults"] == faults
