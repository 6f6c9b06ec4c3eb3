"""Module serving_group against a real API server: create, change, delete, refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

from lab.crowds.api import ControlPlane
from tests.integration.asking import parameters, run

CREATED = (
    "create LeaderWorkerSet {0}/smollm2",
    "create Service {0}/smollm2-endpoint",
)


def stored(plane: ControlPlane, namespace: str) -> dict[str, Any]:
    """What the API server holds, read without the collection's client."""
    base = f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{namespace}/leaderworkersets"
    groups = plane.request("GET", base)["items"]
    services = plane.request("GET", f"/api/v1/namespaces/{namespace}/services")["items"]
    return {
        item["metadata"]["name"]: (item["metadata"]["resourceVersion"], item["spec"])
        for item in [*groups, *services]
    }


def test_create_again_modify_again_delete_again_each_in_check_mode_first(
    plane: ControlPlane, namespace: str
) -> None:
    created = tuple(line.format(namespace) for line in CREATED)
    modified = (f"update LeaderWorkerSet {namespace}/smollm2",)
    deleted = (
        f"delete Service {namespace}/smollm2-endpoint",
        f"delete LeaderWorkerSet {namespace}/smollm2",
    )
    steps: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({}, created),
        ({}, ()),
        ({"replicas": 2, "arguments": ["--tp-size", "2"]}, modified),
        ({"replicas": 2, "arguments": ["--tp-size", "2"]}, ()),
        ({"state": "absent"}, deleted),
        ({"state": "absent"}, ()),
    ]
    for changes, expected in steps:
        before = stored(plane, namespace)
        promised = run(plane, namespace, check=True, **changes)
        assert stored(plane, namespace) == before
        done = run(plane, namespace, **changes)
        assert (promised.actions, done.actions) == (expected, expected)
        assert (stored(plane, namespace) == before) is (expected == ())
        assert promised.result.keys() == done.result.keys()


def test_diff_shows_only_what_was_asked_for(plane: ControlPlane, namespace: str) -> None:
    run(plane, namespace)
    change = run(plane, namespace, startup_seconds=60)
    kind = f"LeaderWorkerSet {namespace}/smollm2"
    assert set(change.before[kind]["metadata"]) == {"labels", "name", "namespace"}
    assert "status" not in change.after[kind]
    before, after = (
        side[kind]["spec"]["leaderWorkerTemplate"] for side in (change.before, change.after)
    )
    for name in ("leaderTemplate", "workerTemplate"):
        probes = [
            side[name]["spec"]["containers"][0]["startupProbe"]["failureThreshold"]
            for side in (before, after)
        ]
        assert probes == [360, 12]
    unchanged = f"Service {namespace}/smollm2-endpoint"
    assert change.before[unchanged] == change.after[unchanged]


def test_removed_field_is_removed_and_a_foreign_one_stays(
    plane: ControlPlane, namespace: str
) -> None:
    run(plane, namespace, environment={"A": "1", "B": "2"})
    path = f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{namespace}/leaderworkersets/smollm2"
    plane.request("PATCH", path, {"metadata": {"annotations": {"example.net/by": "hand"}}})
    change = run(plane, namespace, environment={"A": "1"})
    found = plane.request("GET", path)
    container = found["spec"]["leaderWorkerTemplate"]["leaderTemplate"]["spec"]["containers"][0]
    names = [variable["name"] for variable in container["env"]]
    assert names == ["SGLANG_HOST_IP", "A", "HOME", "PYTHONUNBUFFERED", "USER"]
    assert found["metadata"]["annotations"] == {"example.net/by": "hand"}
    assert change.actions == (f"update LeaderWorkerSet {namespace}/smollm2",)
    managers = {entry["manager"] for entry in found["metadata"]["managedFields"]}
    assert "baremetal.sglang" in managers


def test_change_made_by_hand_is_set_right(plane: ControlPlane, namespace: str) -> None:
    run(plane, namespace)
    path = f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{namespace}/leaderworkersets/smollm2"
    plane.request("PATCH", path, {"spec": {"replicas": 5}})
    change = run(plane, namespace)
    assert change.actions == (f"update LeaderWorkerSet {namespace}/smollm2",)
    assert plane.request("GET", path)["spec"]["replicas"] == 1


def test_every_field_is_known_to_the_api(plane: ControlPlane, namespace: str) -> None:
    change = run(plane, namespace, node_port=31000)
    group, service = (
        change.after[f"LeaderWorkerSet {namespace}/smollm2"],
        change.after[f"Service {namespace}/smollm2-endpoint"],
    )
    spec = ServingGroupSpec.parse(parameters(plane, namespace, node_port=31000))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "strict", "namespace": namespace},
        "spec": group["spec"]["leaderWorkerTemplate"]["leaderTemplate"]["spec"],
    }
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Strict"
    accepted = plane.request("POST", path, pod)
    assert accepted["spec"]["containers"][0]["image"] == spec.image
    assert accepted["spec"]["affinity"] == pod["spec"]["affinity"]
    assert (service["spec"]["type"], service["spec"]["ports"][0]["nodePort"]) == ("NodePort", 31000)


def test_missing_namespace_is_said_and_in_check_mode_not_asked(plane: ControlPlane) -> None:
    with pytest.raises(OperationError, match=r'namespaces "nowhere" not found; create the name'):
        run(plane, "nowhere")
    change = run(plane, "nowhere", check=True)
    assert change.actions == (
        'create LeaderWorkerSet nowhere/smollm2 (not asked: namespaces "nowhere" not found)',
        'create Service nowhere/smollm2-endpoint (not asked: namespaces "nowhere" not found)',
    )


def test_unreachable_server_is_an_error_and_in_check_mode_not_asked(
    plane: ControlPlane, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    config = plane.kubeconfig.read_text(encoding="utf-8")
    kubeconfig.write_text(config.replace(plane.address, "https://127.0.0.1:9"), encoding="utf-8")
    with pytest.raises(
        OperationError, match=r"API server https://127\.0\.0\.1:9 cannot be reached"
    ):
        run(plane, "serving", kubeconfig=str(kubeconfig))
    change = run(plane, "serving", kubeconfig=str(kubeconfig), check=True)
    assert [action.split(" (not asked: ")[0] for action in change.actions] == [
        "create LeaderWorkerSet serving/smollm2",
        "create Service serving/smollm2-endpoint",
    ]


def test_refused_credentials_are_an_error_in_check_mode_too(
    plane: ControlPlane, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    config = plane.kubeconfig.read_text(encoding="utf-8")
    kubeconfig.write_text(config.replace(plane.token, "wrong"), encoding="utf-8")
    with pytest.raises(OperationError, match="answered 401 Unauthorized"):
        run(plane, "serving", kubeconfig=str(kubeconfig), check=True)


def test_taken_node_port_names_the_cause_and_the_fix(plane: ControlPlane, namespace: str) -> None:
    plane.request(
        "POST",
        f"/api/v1/namespaces/{namespace}/services",
        {
            "metadata": {"name": "first"},
            "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31234}]},
        },
    )
    with pytest.raises(OperationError, match="or choose another node_port") as refused:
        run(plane, namespace, node_port=31234)
    assert refused.value.details["cause"] == "port taken"
