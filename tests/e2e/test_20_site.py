"""Bare hosts end in a real answer of one engine over two hosts."""

from __future__ import annotations

import urllib.request

from tests.e2e.rehearsal import ENDPOINT, SITE
from tests.lab_driver import Run


def test_the_answer_is_right(served: Run) -> None:
    report = SITE.report()
    assert "Paris" in report["answer"]
    assert report["tokens_per_second"] > 0
    assert 0 < report["startup"]["load_seconds"] < report["startup"]["seconds"]


def test_ranks_are_two_processes_in_two_pods_on_two_hosts(served: Run) -> None:
    pods = SITE.kubectl(
        "get", "pods", "--namespace=serving", "--selector=leaderworkerset.sigs.k8s.io/name"
    )["items"]
    hosts = {pod["spec"]["nodeName"] for pod in pods}
    assert len(pods) == 2
    assert hosts == {"node1", "node2"}
    for host in sorted(hosts):
        processes = SITE.on(host, "ps -eo args")
        assert processes.count("sglang::scheduler") == 1, processes


def test_the_weights_came_from_the_source_once_and_from_node_to_node(served: Run) -> None:
    printed = "".join(log.read_text(errors="replace") for log in SITE.logs.glob("*.log"))
    assert "source: sent 0.31 GiB, 1.00 times the model" in printed
    assert "retries, from node1" in printed
    weights = SITE.report()["weights"]
    assert [node["host"] for node in weights["nodes"]] == ["node1", "node2"]
    assert weights["nodes"][1]["feeders"] == ["node1"]
    assert weights["source_bytes"] == weights["model_bytes"] == weights["nodes"][0]["fetched_bytes"]
    for host in ("node1", "node2"):
        assert SITE.on(host, "pgrep -c nginx || true").strip() == "0"
        assert "relay" not in SITE.on(host, "ls -A /run /var/lib/baremetal-sglang/models")


def test_pods_mount_the_weights_of_their_host_by_a_claim(served: Run) -> None:
    pods = SITE.kubectl(
        "get", "pods", "--namespace=serving", "--selector=leaderworkerset.sigs.k8s.io/name"
    )["items"]
    for pod in pods:
        volumes = pod["spec"]["volumes"]
        assert not [volume for volume in volumes if "hostPath" in volume]
        (claim,) = (
            volume["persistentVolumeClaim"]["claimName"]
            for volume in volumes
            if "persistentVolumeClaim" in volume
        )
        assert claim.endswith(f"-{pod['spec']['nodeName']}")
        bound = SITE.kubectl("get", "persistentvolumeclaim", claim, "--namespace=serving")
        assert bound["status"]["phase"] == "Bound"
        assert bound["spec"]["storageClassName"] == "model-storage"


def test_the_endpoint_answers_on_this_machine(served: Run) -> None:
    with urllib.request.urlopen(f"{ENDPOINT}/v1/models", timeout=20) as answer:
        assert answer.status == 200


def test_kube_proxy_is_the_only_privileged_pod(served: Run) -> None:
    pods = SITE.kubectl("get", "pods", "--all-namespaces")["items"]
    privileged = {
        pod["metadata"]["labels"].get("k8s-app", pod["metadata"]["name"])
        for pod in pods
        for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", [])
        if container.get("securityContext", {}).get("privileged")
    }
    assert privileged == {"kube-proxy"}
