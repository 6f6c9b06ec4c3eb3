"""Volumes of the weights and their claims: against a snapshot, and what holds of all of them.

After an intended change:
C(PYTHONPATH=.collections:. python -m tests.unit.plugins.module_utils.manifests.test_model_volumes)
writes the snapshot anew; review it with C(git diff).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.filter.planned_volumes import FilterModule
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.model_volumes import (
    claim_name,
    claim_prefix,
    storage_class,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    leader_worker_set,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

from tests.plans import plan

from .groups import CLAIMED, LAB

SNAPSHOT = Path(__file__).with_name("snapshots") / "volumes.yml"
PATH = "/var/lib/baremetal-sglang/models/llama-3.1-8b-instruct"


def volumes(name: str = "two-groups", **changes: Any) -> list[dict[str, Any]]:
    """The objects as role sglang makes them of a plan."""
    planned_volumes = FilterModule().filters()["planned_volumes"]
    made: list[dict[str, Any]] = planned_volumes({**plan(name), **changes}, "serving", PATH)
    return made


def rendered() -> str:
    text: str = yaml.dump_all(volumes(), explicit_start=True)
    return text


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [obj for obj in objects if obj["kind"] == kind]


def claims_of(spec: ServingGroupSpec) -> list[str]:
    template = leader_worker_set(spec)["spec"]["leaderWorkerTemplate"]
    pods = [template[name]["spec"] for name in ("leaderTemplate", "workerTemplate")]
    return [pod["volumes"][0]["persistentVolumeClaim"]["claimName"] for pod in pods]


def test_objects_equal_the_snapshot_byte_for_byte() -> None:
    assert rendered() == SNAPSHOT.read_text(encoding="utf-8")


def test_each_host_and_each_spare_has_one_volume_though_groups_share_it() -> None:
    document = plan("two-groups")
    ranks = {rank["host"] for group in document["groups"] for rank in group["ranks"]}
    made = volumes(spares=["gpu-99"])
    hosts = [
        volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]
        for volume in of_kind(made, "PersistentVolume")
    ]
    assert hosts == [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": [host]}
        for host in sorted({*ranks, "gpu-99"})
    ]


def test_a_volume_and_its_claim_name_each_other() -> None:
    made = volumes()
    named = [
        (volume["metadata"]["name"], volume["spec"]["claimRef"]["name"])
        for volume in of_kind(made, "PersistentVolume")
    ]
    assert named == [
        (claim["spec"]["volumeName"], claim["metadata"]["name"])
        for claim in of_kind(made, "PersistentVolumeClaim")
    ]


def test_nothing_in_the_cluster_removes_or_writes_weights() -> None:
    made = volumes()
    assert storage_class()["reclaimPolicy"] == "Retain"
    for volume in of_kind(made, "PersistentVolume"):
        assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    for obj in made[1:]:
        assert obj["spec"]["accessModes"] == ["ReadOnlyMany"]


def test_pods_mount_the_claims_that_the_volumes_have() -> None:
    spec = ServingGroupSpec.parse(
        {**LAB, "weights_volume": "local_volume", "served_model_name": "llama", "model_path": PATH}
    )
    prefix = claim_prefix("llama", PATH)
    assert claims_of(spec) == [f"{prefix}node1", f"{prefix}node2"]


def test_workers_of_a_larger_group_are_told_what_their_claims_begin_with() -> None:
    spec = ServingGroupSpec.parse(CLAIMED)
    workers = leader_worker_set(spec)["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    prefix = workers["metadata"]["annotations"]["sglang.baremetal.io/model-claims"]
    assert claims_of(spec) == [f"{prefix}gpu-00.example.net", f"{prefix}gpu-01.example.net"]


def test_a_mounted_claim_is_read_only_twice_and_no_directory_of_the_host_is_left() -> None:
    template = leader_worker_set(ServingGroupSpec.parse(CLAIMED))["spec"]["leaderWorkerTemplate"]
    for name in ("leaderTemplate", "workerTemplate"):
        pod = template[name]["spec"]
        assert pod["volumes"][0]["persistentVolumeClaim"]["readOnly"] is True
        assert pod["containers"][0]["volumeMounts"][0]["readOnly"] is True
        assert [volume for volume in pod["volumes"] if "hostPath" in volume] == []


@pytest.mark.parametrize(
    ("model", "path", "name"),
    [
        ("deepseek-ai/DeepSeek-R1", "/m", "deepseek-ai-deepseek-r1-4da12da3-node1"),
        ("a._/b", "/m", "a-b-4da12da3-node1"),
        ("x", "/other", "x-bf2faee2-node1"),
    ],
)
def test_names_are_those_that_kubernetes_takes_and_have_the_path_in_them(
    model: str, path: str, name: str
) -> None:
    assert claim_name(model, path, "node1") == name


if __name__ == "__main__":
    SNAPSHOT.write_text(rendered(), encoding="utf-8")
