from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.readiness import (
    missing_for_ready,
)


def group(**status: Any) -> dict[str, Any]:
    return {
        "kind": "LeaderWorkerSet",
        "metadata": {"generation": 3},
        "spec": {"replicas": 2},
        "status": status,
    }


READY = {"observedGeneration": 3, "readyReplicas": 2, "updatedReplicas": 2}
UPDATING = [{"type": "UpdateInProgress", "status": "True"}]


@pytest.mark.parametrize(
    ("obj", "lacks"),
    [
        (group(**READY), ""),
        (group(), "LeaderWorkerSet's controller has not yet seen generation 3"),
        (
            group(**{**READY, "observedGeneration": 2}),
            "LeaderWorkerSet's controller has not yet seen generation 3",
        ),
        (
            group(**{**READY, "readyReplicas": 1}),
            "1 of 2 groups ready, 2 at the current revision",
        ),
        (
            group(**{**READY, "updatedReplicas": 1}),
            "2 of 2 groups ready, 1 at the current revision",
        ),
        (
            group(**READY, conditions=UPDATING),
            "2 of 2 groups ready, 2 at the current revision",
        ),
        (
            group(observedGeneration=3),
            "0 of 2 groups ready, 0 at the current revision",
        ),
        (
            {
                "kind": "Pod",
                "metadata": {},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            },
            "",
        ),
        ({"kind": "Pod", "metadata": {}, "status": {"phase": "Pending"}}, "is Pending"),
        (
            {
                "kind": "Pod",
                "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            },
            "is being deleted",
        ),
        ({"kind": "Service", "metadata": {}}, ""),
    ],
)
def test_readiness_by_kind(obj: dict[str, Any], lacks: str) -> None:
    assert missing_for_ready(obj) == lacks


def test_a_group_scaled_to_nothing_is_ready() -> None:
    obj = {**group(observedGeneration=3), "spec": {"replicas": 0}}
    assert missing_for_ready(obj) == ""
