"""CPUs, memory and disk."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import Image
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.room import (
    Demand,
    Part,
    disk_demands,
    part_of,
    part_of_image,
    room_faults,
)

from tests.unit.plugins.module_utils.intent.samples import (
    FACTS,
    GIB,
    INVENTORY,
    PLAN,
    WEIGHTS,
    facts,
)

IMAGES, LOGS = "/var/lib/containerd", "/var/log/pods"


def filesystems(**free: int) -> dict[str, Any]:
    """File systems by device: images and logs on "root", weights on "data"."""
    devices = {IMAGES: "root", LOGS: "root", WEIGHTS: "data"}
    return {
        path: {"device": device, "free_bytes": free[device], "total_bytes": 100 * GIB}
        for path, device in devices.items()
    }


def test_hosts_with_room_have_no_fault() -> None:
    demands = {"node1": (Demand(IMAGES, 8 * GIB, "the engine image"),)}
    assert list(room_faults(INVENTORY, PLAN, {"cp1": FACTS, "node1": FACTS}, demands)) == []


@pytest.mark.parametrize(
    ("host", "gib", "needed"),
    [
        ("node1", 4.9, "5.0 GiB: 1.0 GiB for the node, 4.0 GiB for rank 0"),
        ("cp1", 2.5, "2.6 GiB: 1.0 GiB for the node, 1.6 GiB for the control plane"),
    ],
)
def test_memory_is_summed_over_what_runs_on_the_host(host: str, gib: float, needed: str) -> None:
    small = facts(memory_bytes=int(gib * GIB))
    faults = list(room_faults(INVENTORY, PLAN, {host: small}, {}))
    assert [(fault.code, fault.needed) for fault in faults] == [("too_little_memory", needed)]


def test_memory_without_a_plan_is_that_of_the_node() -> None:
    assert list(room_faults(INVENTORY, None, {"node1": facts(memory_bytes=GIB)}, {})) == []


def test_the_control_plane_needs_two_cpus_and_a_worker_does_not() -> None:
    single = facts(cpus=1)
    faults = list(room_faults(INVENTORY, PLAN, {"cp1": single, "node1": single}, {}))
    assert [(fault.code, fault.where) for fault in faults] == [("too_few_cpus", "cp1")]


def test_demands_on_one_file_system_add_up() -> None:
    demands = (
        Demand(LOGS, GIB, "logs"),
        Demand(IMAGES, 8 * GIB, "the engine image"),
        Demand(WEIGHTS, 4 * GIB, "the model"),
    )
    tight = facts(filesystems=filesystems(root=8 * GIB, data=4 * GIB))
    faults = list(room_faults(INVENTORY, None, {"node1": tight}, {"node1": demands}))
    assert [(fault.code, fault.found, fault.needed) for fault in faults] == [
        (
            "too_little_disk",
            "8.0 GiB free for /var/lib/containerd, /var/log/pods",
            "9.0 GiB: 1.0 GiB for logs, 8.0 GiB for the engine image",
        )
    ]


IMAGE = Part(2 * GIB, 4 * GIB, "sha256:aa")


def test_a_bare_host_needs_logs_image_twice_and_model() -> None:
    assert disk_demands(image=IMAGE, model_bytes=GIB, weights=WEIGHTS, fact=FACTS) == (
        Demand(LOGS, GIB, "logs"),
        Demand(IMAGES, 6 * GIB, "the engine image, compressed and unpacked"),
        Demand(WEIGHTS, GIB, "the model"),
    )


def test_what_is_there_already_needs_no_more_room() -> None:
    files = {"exists": True, "files": {"model.safetensors": GIB, ".verified.json": 300}}
    built = facts(blobs=["sha256:aa"], directories={WEIGHTS: files})
    assert disk_demands(image=IMAGE, model_bytes=GIB, weights=WEIGHTS, fact=built) == (
        Demand(LOGS, GIB, "logs"),
    )


def test_a_site_without_sizes_is_asked_for_logs_only() -> None:
    assert disk_demands(image=None, model_bytes=0, weights=WEIGHTS, fact=FACTS) == (
        Demand(LOGS, GIB, "logs"),
    )


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"bytes": 10, "digest": "sha256:aa"}, Part(10, 41, "sha256:aa")),
        ({"bytes": 5, "unpacked_bytes": 9}, Part(5, 9, "")),
        ({"bytes": 10, "unpacked_bytes": "9"}, Part(10, 41, "")),
        ({"version": "1"}, None),
        ("x", None),
    ],
)
def test_sizes_come_from_the_manifest(entry: Any, part: Part | None) -> None:
    assert part_of({"engine": entry}, "engine") == part
    assert part_of({}, "engine") is None


def test_an_image_that_only_the_registry_knows_unpacks_as_the_measured_one() -> None:
    assert part_of_image(Image("sha256:aa", 10)) == Part(10, 41, "sha256:aa")
