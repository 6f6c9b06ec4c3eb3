"""What the weights of a host lie on: found, declared, or made by phase storage."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import Storage

from tests.unit.plugins.module_utils.planning.fact_samples import (
    H100,
    WEIGHTS,
    host_facts,
    read,
    recorded_gpus,
    stored,
)


@pytest.mark.parametrize(
    ("found", "declared", "storage"),
    [
        (
            stored("nvme", filesystem="xfs", disks=["nvme0n1", "nvme1n1"]),
            "",
            Storage("nvme", "xfs", "nvme0n1 nvme1n1"),
        ),
        (
            stored("nfs", filesystem="nfs4", options={"vers": "4.2", "proto": "rdma"}),
            "nfs",
            Storage("nfs", "nfs4", "vers=4.2 proto=rdma"),
        ),
        # What cannot be told stays as declared, and no difference is told of it.
        (stored("unknown", filesystem="ext4", disks=["vda"]), "ssd", Storage("ssd")),
        (stored("unknown"), "", Storage("unknown")),
        ({}, "nvme", Storage("nvme")),
    ],
)
def test_what_the_weights_lie_on(found: dict[str, Any], declared: str, storage: Storage) -> None:
    host = host_facts(storage={WEIGHTS: found} if found else {})
    hardware = {**H100, "storage": declared}
    reading = read(gpu_facts=recorded_gpus("h100x1"), host_facts=host, hardware=hardware)
    assert reading.node.storage == storage
    assert [fault.where for fault in reading.differences] == []


@pytest.mark.parametrize(
    ("becomes", "storage"),
    [
        (
            {**stored("nvme"), "filesystem": "xfs", "disks": ["nvme1n1", "nvme2n1"]},
            Storage("nvme", "xfs", "nvme1n1 nvme2n1"),
        ),
        (
            {**stored("nfs"), "filesystem": "nfs4", "disks": [], "options": {"vers": "4.2"}},
            Storage("nfs", "nfs4", "vers=4.2"),
        ),
        # Disks of a virtual machine: what a person declares is all that is known.
        (stored("unknown"), Storage("hdd")),
    ],
)
def test_what_phase_storage_makes_wins_over_what_is_there(
    becomes: dict[str, Any], storage: Storage
) -> None:
    reading = read(
        gpu_facts=recorded_gpus("h100x1"),
        host_facts=host_facts(storage={WEIGHTS: stored("ssd")}),
        hardware={**H100, "storage": "hdd"},
        storage=becomes,
    )
    assert reading.node.storage == storage
