"""Disks as module disk_facts tells of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.storage.plan import (
    StoragePlan,
    storage_plan,
)

GIB = 1024**3
PATH = "/models"
ARRAY_UUID = "f6bd0d12-6d1e-4a86-8a7b-2f1f0f3c9b11"
UUID = "0b6c4f8e-1111-4222-8333-444455556666"
OWN_XFS = {"type": "xfs", "label": "sglang-model", "uuid": UUID}
MEMBER = {"type": "linux_raid_member", "label": "any:sglang-model", "uuid": ARRAY_UUID}
REQUEST = {
    "devices": [],
    "discover": False,
    "least_gib": 100,
    "raid0": False,
    "wipe_confirmed": False,
}


def disk(number: int, **changes: Any) -> dict[str, Any]:
    """An empty NVMe disk of 1 TiB with the serial number DISK<number>."""
    return {
        "name": f"nvme{number}n1",
        "path": f"/dev/nvme{number}n1",
        "size_bytes": 1024 * GIB,
        "serial": f"DISK{number}",
        "model": "Model",
        "transport": "nvme",
        "rotational": False,
        "read_only": False,
        "error": "",
        "links": [f"nvme-Model_DISK{number}"],
        "signatures": [],
        "mountpoints": [],
        "children": [],
        **changes,
    }


def array(**changes: Any) -> dict[str, Any]:
    """The collection's array of two disks, mounted."""
    return {
        "path": "/dev/md127",
        "type": "raid0",
        "signatures": [OWN_XFS],
        "mountpoints": [PATH],
        "raid_disks": 2,
        "raid_state": "clean",
        **changes,
    }


def partition(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "path": f"/dev/nvme{number}n1p1",
        "type": "part",
        "signatures": [{"type": "ext4", "label": "", "uuid": "u"}],
        "mountpoints": [],
        "raid_disks": 0,
        "raid_state": "",
        **changes,
    }


def member(number: int, **changes: Any) -> dict[str, Any]:
    """A disk of the collection's array."""
    return disk(number, **{"signatures": [MEMBER], "children": [array()], **changes})


def plan(
    disks: list[dict[str, Any]], *, source: str = "", entries: tuple[str, ...] = (), **request: Any
) -> StoragePlan:
    """The plan for disks with nothing at the mount point, unless it is said."""
    place = {"path": PATH, "source": source, "entries": list(entries)}
    return storage_plan({"disks": disks, "place": place}, {**REQUEST, **request})


def kinds(found: StoragePlan) -> list[tuple[str, str]]:
    """Place and kind of each fault."""
    return [(fault.split(": ")[0], fault.split(": ")[1]) for fault in found.faults]
