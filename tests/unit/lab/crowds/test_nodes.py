from __future__ import annotations

from typing import Any

import pytest

from lab.crowds.nodes import Machine, machines, node
from lab.hosts.errors import DefinitionError

HARDWARE = {
    "gpu": "h100-sxm-80gb",
    "gpus": 4,
    "cores": 96,
    "memory_gib": 1024,
    "rails": [{"device": "mlx5_0", "rate_gbps": 400}],
}
MACHINE = Machine("gpu-01", "r1", "h100-sxm-80gb", 4, 96, 1024, "rdma/hca")


def inventory(hosts: dict[str, Any], **groups: Any) -> dict[str, Any]:
    return {"_meta": {"hostvars": hosts}, **groups}


def test_hosts_of_both_groups_and_their_children_are_machines_once() -> None:
    site = {"site_rdma_resource": "rdma/hca"}
    facts = {"site_hardware": HARDWARE, "site_rack": "r1", **site}
    plain = {"site_hardware": {"cores": 96, "memory_gib": 1024}, **site}
    found = machines(
        inventory(
            {"gpu-01": facts, "gpu-02": plain},
            workers={"children": ["row"]},
            row={"hosts": ["gpu-02", "gpu-01"]},
            serving={"hosts": ["gpu-01"]},
            control_plane={"hosts": ["cp-01"]},
        ),
        "site",
    )
    assert found == [MACHINE, Machine("gpu-02", "", "", 0, 96, 1024, "")]


def test_every_figure_that_is_missing_is_named() -> None:
    hosts = {"gpu-01": {}, "gpu-02": {"site_hardware": {"cores": 8, "memory_gib": 0}}}
    with pytest.raises(DefinitionError) as refused:
        machines(inventory(hosts, workers={"hosts": sorted(hosts)}), "site")
    assert refused.value.faults == (
        "host gpu-01: found no site_hardware.cores, needed a number above 0",
        "host gpu-01: found no site_hardware.memory_gib, needed a number above 0",
        "host gpu-02: found no site_hardware.memory_gib, needed a number above 0",
    )


def test_an_inventory_without_hosts_is_refused() -> None:
    with pytest.raises(DefinitionError, match="found no host in the groups workers and serving"):
        machines(inventory({}), "site")


def test_node_has_room_and_labels_of_its_machine() -> None:
    made = node(MACHINE)
    assert made["status"]["allocatable"] == {
        "cpu": "96",
        "memory": "1024Gi",
        "pods": "110",
        "nvidia.com/gpu": "4",
        "rdma/hca": "1000",
    }
    assert made["status"]["capacity"] == made["status"]["allocatable"]
    assert made["metadata"]["labels"] == {
        "kubernetes.io/hostname": "gpu-01",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "sglang.baremetal.io/rack": "r1",
        "nvidia.com/gpu.product": "h100-sxm-80gb",
        "nvidia.com/gpu.count": "4",
    }


def test_node_without_gpus_and_rack_says_nothing_of_them() -> None:
    made = node(Machine("a", "", "", 0, 8, 16, ""))
    assert sorted(made["status"]["capacity"]) == ["cpu", "memory", "pods"]
    assert all(label.startswith("kubernetes.io/") for label in made["metadata"]["labels"])
