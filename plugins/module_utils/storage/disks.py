# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Disks of a host and what lies on them, as module disk_facts reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What this collection makes carries this name: the label of a file system (mkfs.xfs takes 12
# characters) and the name of an array. It is how a second run tells its own from a person's.
OWN_NAME = "sglang-model"
ARRAY_PATH = f"/dev/md/{OWN_NAME}"
ARRAY_MEMBER = "linux_raid_member"
BY_ID = "/dev/disk/by-id/"


@dataclass(frozen=True)
class Signature:
    """What libblkid finds on a device, such as C(xfs) or C(gpt), with its label and UUID."""

    type: str
    label: str
    uuid: str


@dataclass(frozen=True)
class Child:
    """A device on a disk: a partition, an array, a volume.

    C(type) is lsblk's word. C(raid_disks) and C(raid_state) are the kernel's of an array: how many
    disks it was made of, and its C(array_state); 0 and "" of anything else.
    """

    path: str
    type: str
    signatures: tuple[Signature, ...]
    mountpoints: tuple[str, ...]
    raid_disks: int
    raid_state: str

    @property
    def is_array(self) -> bool:
        """Whether it is an md array: lsblk calls it by its level, and md while it has none."""
        return self.type.startswith(("raid", "md"))


@dataclass(frozen=True)
class Disk:
    """A whole disk. C(links) are its names in /dev/disk/by-id, without the directory; C(error) is
    why it could not be read, or "".
    """

    name: str
    path: str
    size_bytes: int
    serial: str
    transport: str
    rotational: bool
    read_only: bool
    error: str
    links: tuple[str, ...]
    signatures: tuple[Signature, ...]
    mountpoints: tuple[str, ...]
    children: tuple[Child, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is on it."""
        return not (self.error or self.signatures or self.mountpoints or self.children)

    @property
    def own_filesystem(self) -> str:
        """UUID of the file system that this collection made on the whole disk, or ""."""
        return own_uuid(self.signatures) if not self.children else ""

    @property
    def own_array(self) -> str:
        """UUID of the array of this collection that the disk is a member of, or ""."""
        return next(
            (
                found.uuid
                for found in self.signatures
                if found.type == ARRAY_MEMBER and found.label.rpartition(":")[2] == OWN_NAME
            ),
            "",
        )

    @property
    def is_own(self) -> bool:
        """Whether this collection made what is on it."""
        return bool(self.own_filesystem or self.own_array)

    @property
    def stable_path(self) -> str:
        """A path that names the same disk after a reboot, where udev gave one."""
        return BY_ID + self.links[0] if self.links else self.path


@dataclass(frozen=True)
class Place:
    """The mount point: what is mounted there ("" for nothing), else the names that it holds."""

    path: str
    source: str
    entries: tuple[str, ...]


def parse_facts(facts: Mapping[str, Any]) -> tuple[tuple[Disk, ...], Place]:
    """The values in what module disk_facts returns as C(disks) and C(place)."""
    place = facts["place"]
    return (
        tuple(_disk(entry) for entry in facts["disks"]),
        Place(place["path"], place["source"], tuple(place["entries"])),
    )


def own_uuid(signatures: tuple[Signature, ...]) -> str:
    """UUID of the XFS of this collection when it is all that was found, or ""."""
    kinds = {found.type for found in signatures}
    mine = [found.uuid for found in signatures if found.label == OWN_NAME]
    return mine[0] if kinds == {"xfs"} and mine else ""


def _disk(entry: Mapping[str, Any]) -> Disk:
    return Disk(
        name=entry["name"],
        path=entry["path"],
        size_bytes=entry["size_bytes"],
        serial=entry["serial"],
        transport=entry["transport"],
        rotational=entry["rotational"],
        read_only=entry["read_only"],
        error=entry["error"],
        links=tuple(entry["links"]),
        signatures=_signatures(entry),
        mountpoints=tuple(entry["mountpoints"]),
        children=tuple(
            Child(
                path=child["path"],
                type=child["type"],
                signatures=_signatures(child),
                mountpoints=tuple(child["mountpoints"]),
                raid_disks=child["raid_disks"],
                raid_state=child["raid_state"],
            )
            for child in entry["children"]
        ),
    )


def _signatures(entry: Mapping[str, Any]) -> tuple[Signature, ...]:
    return tuple(
        Signature(found["type"], found["label"], found["uuid"]) for found in entry["signatures"]
    )
