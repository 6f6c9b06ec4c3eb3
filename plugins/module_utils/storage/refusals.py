# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why disks are left alone: what lies on them, and what their arrays lack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.storage.choose import (
    Chosen,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.storage.disks import (
    Child,
    Disk,
    Place,
    Signature,
)

# The kernel's Documentation/admin-guide/md.rst: array_state of a RAID0 that runs is one of these;
# one that lost a disk is "broken".
RUNNING = frozenset({"clean", "active", "readonly", "read-auto", "active-idle", "write-pending"})
PARTITION = "part"


def refusals(request: Request, chosen: Sequence[Chosen], place: Place) -> Iterator[Fault]:
    """Everything that stands in the way of what the request asks, on all disks."""
    gone = erased(request, chosen)
    for entry in chosen:
        yield from _disk_faults(entry, place, erase=entry in gone)
    if len(chosen) > 1 and not request.raid0:
        yield Fault(
            code="several_disks",
            where="storage_raid0",
            found=f"{len(chosen)} disks: {_serials(chosen)}",
            needed="one disk, or storage_raid0: true, which stripes them",
            fix="set storage_raid0, or name one disk",
        )
    if not any(entry.disk.is_own for entry in gone):
        yield from _set_faults(chosen)
    yield from _place_faults(chosen, place)


def erased(request: Request, chosen: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """The disks whose content goes: named by serial number, confirmed, and of no use as they are.

    What this collection made is kept as long as it is whole.
    """
    asked = [entry for entry in chosen if request.wipe_confirmed and entry.by_serial]
    whole = not list(_set_faults(chosen))
    keep_own = whole or not all(entry in asked for entry in chosen if entry.disk.is_own)
    return tuple(
        entry
        for entry in asked
        if not (entry.disk.is_empty or entry.disk.error or (entry.disk.is_own and keep_own))
    )


def _disk_faults(entry: Chosen, place: Place, *, erase: bool) -> Iterator[Fault]:
    disk = entry.disk
    where = disk.serial or disk.stable_path
    if disk.error:
        yield Fault(
            code="disk_unreadable",
            where=where,
            found=disk.error,
            needed="a disk that can be read, by root",
            fix="look into the kernel's log and at its health (nvme smart-log); replace it",
        )
        return
    if disk.read_only:
        yield Fault(
            code="disk_read_only",
            where=where,
            found="a disk that cannot be written",
            needed="a disk that can be written",
            fix="look at its health: nvme smart-log; replace it",
        )
    used = _uses(disk, place, erase=erase)
    if used:
        yield Fault(
            code="disk_in_use",
            where=where,
            found=", ".join(used),
            needed="a disk that nothing uses",
            fix="end its use there (umount, swapoff, vgchange -an), or name another disk",
        )
    elif not (disk.is_empty or disk.is_own or erase):
        yield Fault(
            code="disk_not_empty",
            where=where,
            found=contents(disk),
            needed="an empty disk: what lies on one is never erased unasked",
            fix="copy what you need; then name the disk by its serial number and set "
            "storage_wipe_confirmed, or name another disk",
        )


def contents(disk: Disk) -> str:
    """What lies on a disk, in words."""
    words = [_signature(found) for found in disk.signatures]
    for child in disk.children:
        inside = ", ".join(_signature(found) for found in child.signatures) or "nothing known"
        words.append(f"{child.type} {child.path} with {inside}")
    return "; ".join(words)


def arrays_on(disks: Sequence[Disk]) -> dict[Child, int]:
    """Each array that lies on some of C(disks), and on how many of them."""
    found = [child for disk in disks for child in disk.children if child.is_array]
    return {array: found.count(array) for array in found}


def _set_faults(chosen: Sequence[Chosen]) -> Iterator[Fault]:
    """Disks that were used before must be the whole of what was made of them."""
    own = [entry.disk for entry in chosen if entry.disk.is_own]
    members = [disk for disk in own if disk.own_array]
    if not own or (len(own) == len(chosen) == 1 and not members):
        return
    arrays = {disk.own_array for disk in members}
    if len(own) != len(chosen) or len(members) != len(own) or len(arrays) != 1:
        yield Fault(
            code="disks_differ",
            where="storage_devices",
            found="; ".join(f"{entry.disk.serial}: {_part(entry.disk)}" for entry in chosen),
            needed="disks that are all empty, or exactly those of the storage that is there: a "
            "RAID0 takes no further disk without losing what it holds",
            fix="name the same disks as before, or wipe all of them",
        )
        return
    for array, count in arrays_on(members).items():
        if array.raid_state in RUNNING and array.raid_disks == count == len(members):
            continue
        yield Fault(
            code="array_broken",
            where=", ".join(disk.serial for disk in members),
            found=f"{array.path} {array.raid_state} on {count} of {array.raid_disks} disks",
            needed="a RAID0 that runs on all of its disks: it holds nothing without one of them",
            fix="put the lost disk back and reboot; if it is dead, name the disks that are left "
            "by serial number with storage_wipe_confirmed, and stage the models again",
        )


def _part(disk: Disk) -> str:
    if disk.own_array:
        return f"member of array {disk.own_array}"
    return "a file system of this collection" if disk.own_filesystem else "no part of it"


def _place_faults(chosen: Sequence[Chosen], place: Place) -> Iterator[Fault]:
    """What is at the mount point already: another mount, or files that the mount would hide."""
    mounted = {path for entry in chosen for path in _mountpoints(entry.disk)}
    if place.source and place.path not in mounted:
        yield Fault(
            code="path_mounted",
            where=place.path,
            found=f"{place.source} mounted there",
            needed="nothing mounted there but the storage that storage_devices names",
            fix="unmount it and remove it from /etc/fstab, or choose another storage_path",
        )
    elif chosen and place.entries:
        yield Fault(
            code="path_not_empty",
            where=place.path,
            found=", ".join(place.entries),
            needed="an empty directory: a mount would hide what it holds",
            fix="move it away; the weights are staged again",
        )


def _mountpoints(disk: Disk) -> list[str]:
    return [*disk.mountpoints, *(path for child in disk.children for path in child.mountpoints)]


def _uses(disk: Disk, place: Place, *, erase: bool) -> list[str]:
    """Mounts, and devices that hold a disk open without one: arrays, volumes, maps.

    An array of this collection is none: it is kept, or stopped before it is erased.
    """
    if disk.is_own:
        return [path for path in _mountpoints(disk) if erase or path != place.path]
    held = [f"{child.type} {child.path}" for child in disk.children if child.type != PARTITION]
    return [*_mountpoints(disk), *held]


def _signature(found: Signature) -> str:
    return f"{found.type} labelled {found.label}" if found.label else found.type


def _serials(chosen: Sequence[Chosen]) -> str:
    return ", ".join(entry.disk.serial or entry.disk.name for entry in chosen)
