"""Module serving_group with the real LeaderWorkerSet, StatefulSet controller and scheduler."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.serving_group import (
    GroupNotReadyError,
    Run,
    absent,
    present,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.model_volumes import (
    claim_name,
    host_volumes,
    storage_class,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.modules import serving_group

from lab.crowds.api import ControlPlane
from lab.crowds.leaderworkerset import install_api
from tests.integration.control_plane import control_plane
from tests.integration.controllers import Kubelet, add_node, controllers

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with three nodes."""
    directory = tmp_path_factory.mktemp("controllers")
    with control_plane(directory) as plane:
        install_api(plane)
        with controllers(plane, directory):
            for name in ("node1", "node2", "node3"):
                add_node(plane, name)
            yield plane


@pytest.fixture
def kubelet(plane: ControlPlane) -> Kubelet:
    """The kubelets of a fresh namespace."""
    name = f"group-{next(_NUMBERS)}"
    plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return Kubelet(plane, name)


def group(kubelet: Kubelet, *hosts: str, **changes: Any) -> ServingGroupSpec:
    asked = {
        "name": "smollm2",
        "namespace": kubelet.namespace,
        "image": "docker.io/lmsysorg/sglang:v1-cpu",
        "served_model_name": "smollm2",
        "model_path": "/srv/models/smollm2",
        "ranks": [{"rank": rank, "host": host} for rank, host in enumerate(hosts)],
        "resources": {"cpu": "0.5", "memory_gib": 1},
        "shared_memory_mib": 512,
        "termination_grace_seconds": 5,
        **changes,
    }
    checked = ArgumentSpecValidator(serving_group.ARGUMENTS).validate(asked)
    assert checked.error_messages == []
    return ServingGroupSpec.parse(checked.validated_parameters)


def connect(kubelet: Kubelet) -> Cluster:
    return Cluster.connect(kubeconfig=str(kubelet.plane.kubeconfig), context=None)


def apply(kubelet: Kubelet, spec: ServingGroupSpec, *, check: bool = False) -> Change:
    run = Run(check_mode=check, wait_seconds=240, clock=kubelet)
    return present(lambda: connect(kubelet), spec, run)


def remove(kubelet: Kubelet) -> Change:
    run = Run(check_mode=False, wait_seconds=240, clock=kubelet)
    return absent(lambda: connect(kubelet), kubelet.namespace, "smollm2", run)


def placed(change: Change) -> dict[int, str]:
    pods = change.result["group"]["pods"]
    assert all(pod["ready"] for pod in pods)
    return {pod["rank"]: pod["node"] for pod in pods}


def test_group_comes_up_stays_changes_and_goes(kubelet: Kubelet) -> None:
    spec = group(kubelet, "node2", "node1")
    promised = apply(kubelet, spec, check=True)
    assert kubelet.pods() == []
    created = apply(kubelet, spec)
    assert created.actions == promised.actions
    assert len(created.actions) == 2
    assert placed(created) == {0: "node2", 1: "node1"}
    assert apply(kubelet, spec, check=True).actions == ()
    assert apply(kubelet, spec).actions == ()

    changed = group(kubelet, "node2", "node1", environment={"A": "1"})
    before = {pod["metadata"]["uid"] for pod in kubelet.pods()}
    expected = (f"update LeaderWorkerSet {kubelet.namespace}/smollm2",)
    assert apply(kubelet, changed, check=True).actions == expected
    update = apply(kubelet, changed)
    assert update.actions == expected
    assert placed(update) == {0: "node2", 1: "node1"}
    assert not before & {pod["metadata"]["uid"] for pod in kubelet.pods()}

    gone = remove(kubelet)
    assert len(gone.actions) == 2
    assert kubelet.pods() == []
    assert remove(kubelet).actions == ()


def test_engine_gets_its_rank_from_variables_that_stand_first(kubelet: Kubelet) -> None:
    apply(kubelet, group(kubelet, "node1", "node2"))
    for pod in kubelet.pods():
        container = pod["spec"]["containers"][0]
        names = [variable["name"] for variable in container["env"]]
        assert names[:3] == ["LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX"]
        values = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert values["LWS_LEADER_ADDRESS"] == f"smollm2-0.smollm2.{kubelet.namespace}"
        index = pod["metadata"]["labels"]["leaderworkerset.sigs.k8s.io/worker-index"]
        assert values["LWS_WORKER_INDEX"] == index
    remove(kubelet)


@pytest.mark.parametrize(
    "hosts", [("node3", "node1", "node2"), ("node3", "node2", "node1"), ("node1", "node3", "node2")]
)
def test_each_of_three_ranks_is_on_its_own_host(kubelet: Kubelet, hosts: tuple[str, ...]) -> None:
    assert placed(apply(kubelet, group(kubelet, *hosts))) == dict(enumerate(hosts))
    remove(kubelet)


def test_each_rank_mounts_the_claim_of_its_host_also_after_it_moved(kubelet: Kubelet) -> None:
    nodes = ("node1", "node2", "node3")
    path = "/srv/models/smollm2"
    kubelet.plane.request("POST", "/apis/storage.k8s.io/v1/storageclasses", storage_class())
    for obj in host_volumes("smollm2", path, kubelet.namespace, nodes):
        place = f"namespaces/{kubelet.namespace}/" if "namespace" in obj["metadata"] else ""
        kubelet.plane.request("POST", f"/api/v1/{place}{obj['kind'].lower()}s", obj)
    for hosts in (("node3", "node1", "node2"), ("node1", "node2", "node3"), ("node2", "node3")):
        change = apply(kubelet, group(kubelet, *hosts, weights_volume="local_volume"))
        assert placed(change) == dict(enumerate(hosts))
        claims = {
            pod["spec"]["nodeName"]: pod["spec"]["volumes"][0]["persistentVolumeClaim"]
            for pod in kubelet.pods()
        }
        assert claims == {
            host: {"claimName": claim_name("smollm2", path, host), "readOnly": True}
            for host in hosts
        }
    remove(kubelet)


def test_replicas_share_hosts_but_ranks_of_one_group_do_not(kubelet: Kubelet) -> None:
    change = apply(kubelet, group(kubelet, "node1", "node2", replicas=2))
    pods = {(pod["group"], pod["rank"]): pod["node"] for pod in change.result["group"]["pods"]}
    assert pods == {(0, 0): "node1", (0, 1): "node2", (1, 0): "node1", (1, 1): "node2"}
    remove(kubelet)


@pytest.mark.parametrize(
    ("hosts", "changes", "rank", "found", "fix"),
    [
        (
            ("node1", "node9"),
            {},
            1,
            "no node is one of the planned hosts",
            "name hosts in ranks as their nodes' label kubernetes.io/hostname does",
        ),
        (
            ("node1",),
            {"resources": {"cpu": "1", "memory_gib": 64}},
            0,
            "no planned host has room",
            "Insufficient memory: lower resources",
        ),
        (
            ("node1",),
            {"ranks": [{"rank": 0, "host": "node1", "gpus": [0]}]},
            0,
            "no planned host has room",
            "Insufficient nvidia.com/gpu: lower resources",
        ),
    ],
)
def test_rank_that_fits_nowhere_is_named_with_the_schedulers_reason(
    kubelet: Kubelet,
    hosts: tuple[str, ...],
    changes: dict[str, Any],
    rank: int,
    found: str,
    fix: str,
) -> None:
    kubelet.speed = 40.0
    with pytest.raises(
        GroupNotReadyError, match=r"will not become ready \(seen after 12\d s\)"
    ) as failed:
        apply(kubelet, group(kubelet, *hosts, **changes))
    origin = failed.value.details["ranks"][0]
    assert (origin["rank"], origin["cause"], origin["node"]) == (rank, "unschedulable", "")
    assert found in origin["found"]
    assert origin["fix"].startswith(fix)
    remove(kubelet)
