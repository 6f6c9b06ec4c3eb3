from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import (
    Ref,
    as_written,
)


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        (Ref("v1", "Service", "serving", "a"), "/api/v1/namespaces/serving/services/a"),
        (Ref("v1", "Pod", "serving", None), "/api/v1/namespaces/serving/pods"),
        (
            Ref("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "serving", "a"),
            "/apis/leaderworkerset.x-k8s.io/v1/namespaces/serving/leaderworkersets/a",
        ),
        (Ref("v1", "Node", "", None), "/api/v1/nodes"),
        (Ref("v1", "Node", "", "gpu-01"), "/api/v1/nodes/gpu-01"),
    ],
)
def test_reference_becomes_a_path(ref: Ref, path: str) -> None:
    assert ref.path == path


def test_an_object_without_a_namespace_is_named_without_one() -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "gpu-01"}}
    assert Ref.of(node) == Ref("v1", "Node", "", "gpu-01")
    assert str(Ref.of(node)) == "Node gpu-01"
    assert str(Ref("v1", "Pod", "serving", "a")) == "Pod serving/a"


def test_only_what_a_person_writes_is_left_of_an_object() -> None:
    stored = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "a",
            "labels": {"x": "y"},
            "uid": "1",
            "resourceVersion": "2",
            "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{}],
        },
        "spec": {"type": "ClusterIP"},
        "status": {"loadBalancer": {}},
    }
    assert as_written(stored) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": {"type": "ClusterIP"},
    }


def test_an_absent_object_is_empty() -> None:
    assert as_written(None) == {}


def test_the_copy_is_apart_from_the_object() -> None:
    stored = {"metadata": {}, "spec": {"ports": [1]}}
    as_written(stored)["spec"]["ports"].append(2)
    assert stored == {"metadata": {}, "spec": {"ports": [1]}}
