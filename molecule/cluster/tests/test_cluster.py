"""What the cluster does for those who use it."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

testinfra_hosts = ["ansible://cp1"]

KUBECONFIG = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "artifacts/kubeconfig"
KUBECTL = "kubectl --kubeconfig=/etc/kubernetes/admin.conf"
VERSION = yaml.safe_load((Path(__file__).parents[3] / "catalogue/parts.yml").read_text())[
    "catalogue_parts"
]["kubernetes"]["version"]


@pytest.fixture
def api() -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(KUBECONFIG)) as one:
        yield one


def items(host: Any, arguments: str) -> list[dict[str, Any]]:
    answer = json.loads(host.check_output(f"{KUBECTL} get {arguments} --output=json"))
    return list(answer["items"])


def test_every_host_is_a_ready_node_of_the_catalogues_version(host: Any) -> None:
    found = {
        node["metadata"]["name"]: (
            next(c["status"] for c in node["status"]["conditions"] if c["type"] == "Ready"),
            node["status"]["nodeInfo"]["kubeletVersion"],
        )
        for node in items(host, "nodes")
    }
    assert found == {"cp1": ("True", f"v{VERSION}"), "node1": ("True", f"v{VERSION}")}


def test_the_control_plane_takes_no_ordinary_pods(host: Any) -> None:
    taints = {n["metadata"]["name"]: n["spec"].get("taints", []) for n in items(host, "nodes")}
    assert taints["node1"] == []
    assert [taint["effect"] for taint in taints["cp1"]] == ["NoSchedule"]


def test_every_workload_has_all_its_pods(host: Any) -> None:
    deployments = items(host, "deployments --all-namespaces")
    daemon_sets = items(host, "daemonsets --all-namespaces")
    ready = {d["metadata"]["name"]: d["status"].get("readyReplicas", 0) for d in deployments}
    ready |= {d["metadata"]["name"]: d["status"]["numberReady"] for d in daemon_sets}
    assert ready == {
        "coredns": 2,
        "lws-controller-manager": 1,
        "kube-flannel-ds": 2,
        "kube-proxy": 2,
    }


def test_no_bootstrap_token_is_left(host: Any) -> None:
    selector = "--field-selector=type=bootstrap.kubernetes.io/token"
    assert items(host, f"secrets --namespace=kube-system {selector}") == []


def test_the_controller_has_a_kubeconfig_for_its_user_alone(api: client.ApiClient) -> None:
    assert stat.S_IMODE(KUBECONFIG.stat().st_mode) == 0o600
    assert client.VersionApi(api).get_code().git_version == f"v{VERSION}"


def dry_run(api: client.ApiClient, replicas: int) -> dict[str, Any]:
    """Ask the API server to admit a LeaderWorkerSet; nothing is created."""
    worker = {"spec": {"containers": [{"name": "rank", "image": "registry.k8s.io/none"}]}}
    group = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "asked"},
        "spec": {
            "replicas": replicas,
            "leaderWorkerTemplate": {"size": 2, "workerTemplate": worker},
        },
    }
    answer = client.CustomObjectsApi(api).create_namespaced_custom_object(
        "leaderworkerset.x-k8s.io", "v1", "default", "leaderworkersets", group, dry_run="All"
    )
    return dict(answer)


def test_the_webhook_of_leaderworkerset_completes_a_valid_group(api: client.ApiClient) -> None:
    assert dry_run(api, replicas=1)["spec"]["networkConfig"] == {"subdomainPolicy": "Shared"}


def test_the_webhook_of_leaderworkerset_refuses_an_invalid_group(api: client.ApiClient) -> None:
    with pytest.raises(client.ApiException, match="should be a non-negative integer"):
        dry_run(api, replicas=-1)
