# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which disks a person means: ids to disks, or those that discovery may take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.storage.disks import BY_ID, Disk
from ansible_collections.baremetal.sglang.plugins.module_utils.units import GIB, gib

NVME = "nvme"


@dataclass(frozen=True)
class Request:
    """What a person asks: C(devices) are serial numbers or names in /dev/disk/by-id.

    C(least_gib) is the smallest disk that discovery takes, in GiB.
    """

    devices: tuple[str, ...]
    discover: bool
    least_gib: int
    raid0: bool
    wipe_confirmed: bool

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Request:
        """The request of the role's arguments without their prefix."""
        return cls(
            devices=tuple(values["devices"]),
            discover=values["discover"],
            least_gib=values["least_gib"],
            raid0=values["raid0"],
            wipe_confirmed=values["wipe_confirmed"],
        )


@dataclass(frozen=True)
class Chosen:
    """A disk, and the id that a person gave; "" where discovery took it."""

    disk: Disk
    id: str

    @property
    def by_serial(self) -> bool:
        """Whether the person named exactly this disk: the condition for wiping it."""
        return self.id == self.disk.serial != ""


def choose(request: Request, disks: Sequence[Disk]) -> tuple[tuple[Chosen, ...], tuple[Fault, ...]]:
    """The disks of the request in a stable order, and the faults of the ids."""
    if request.discover:
        return _discover(request, disks)
    chosen: list[Chosen] = []
    faults: list[Fault] = []
    for wanted in request.devices:
        found = [disk for disk in disks if _names(disk, wanted)]
        faults += _id_faults(wanted, found, disks, [entry.disk for entry in chosen])
        if len(found) == 1 and found[0] not in [entry.disk for entry in chosen]:
            chosen.append(Chosen(found[0], wanted))
    return tuple(chosen), tuple(faults)


def _names(disk: Disk, wanted: str) -> bool:
    return wanted in (disk.serial, *disk.links, *(BY_ID + link for link in disk.links))


def _id_faults(
    wanted: str, found: Sequence[Disk], disks: Sequence[Disk], taken: Sequence[Disk]
) -> Iterator[Fault]:
    by_name = [disk for disk in disks if wanted in (disk.path, disk.name)]
    if by_name:
        yield Fault(
            code="disk_not_by_id",
            where=wanted,
            found="a name that another disk may have after the next boot",
            needed="a serial number or a name in /dev/disk/by-id",
            fix=f"name it {by_name[0].serial or by_name[0].stable_path}",
        )
    elif not found:
        yield Fault(
            code="disk_missing",
            where=wanted,
            found=_present(disks),
            needed="a disk with this serial number or name in /dev/disk/by-id",
            fix="look into the kernel's log for a disk that was lost, or correct storage_devices",
        )
    elif len(found) > 1:
        yield Fault(
            code="disk_ambiguous",
            where=wanted,
            found=", ".join(disk.stable_path for disk in found),
            needed="one disk",
            fix="name it by its name in /dev/disk/by-id",
        )
    elif found[0] in taken:
        yield Fault(
            code="disk_twice",
            where=wanted,
            found=f"{found[0].name}, which another id names as well",
            needed="each disk once",
            fix="remove one of the two",
        )


def _present(disks: Sequence[Disk]) -> str:
    shown = (f"{disk.serial or disk.stable_path} ({gib(disk.size_bytes)})" for disk in disks)
    return ", ".join(shown) or "no disk at all"


def _discover(
    request: Request, disks: Sequence[Disk]
) -> tuple[tuple[Chosen, ...], tuple[Fault, ...]]:
    """What an earlier run made, else all empty NVMe disks that are large enough."""
    candidates = [disk for disk in disks if disk.transport == NVME]
    taken = [disk for disk in candidates if disk.is_own]
    taken = taken or [disk for disk in candidates if not _why_not(request, disk)]
    order = sorted(taken, key=lambda disk: (disk.serial, disk.stable_path))
    if taken:
        return tuple(Chosen(disk, "") for disk in order), ()
    reasons = [f"{disk.serial or disk.name}: {_why_not(request, disk)}" for disk in candidates]
    fault = Fault(
        code="no_disk_discovered",
        where="storage_discover",
        found="; ".join(reasons) or "no NVMe disk",
        needed=f"an empty NVMe disk of {request.least_gib} GiB or more",
        fix="name the disks in storage_devices, or lower storage_least_gib",
    )
    return (), (fault,)


def _why_not(request: Request, disk: Disk) -> str:
    """Why discovery leaves a disk alone, or ""."""
    if disk.error:
        return "cannot be read"
    if not disk.is_empty:
        return "not empty"
    if disk.read_only:
        return "read-only"
    if disk.size_bytes < request.least_gib * GIB:
        return gib(disk.size_bytes)
    return ""
