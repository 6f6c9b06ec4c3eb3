# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of the disks: from none or empty ones to one file system at the mount point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.storage.choose import (
    Chosen,
    Request,
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.storage.disks import (
    ARRAY_PATH,
    OWN_NAME,
    Disk,
    Place,
    own_uuid,
    parse_facts,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.storage.refusals import (
    arrays_on,
    contents,
    erased,
    refusals,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    common_kind,
    disk_kind,
)


@dataclass(frozen=True)
class StoragePlan:
    """What the role does, in this order, and what is then there.

    C(faults) are lines for a person: with one of them nothing is done. C(actions) says in words
    what has to be done. C(disks) are serial numbers, C(stop) arrays, C(wipe) devices with
    partitions before their disk. C(members) are the disks of C(array), C(create) says whether it is
    to be made, C(assemble) whether it is there and does not run. C(device) takes the file system,
    C(format) says whether it is to be made; C(uuid) is "" before. C(own) are the devices of disks
    that hold what this collection made. C(names) are the kernel's names of the disks and C(kind) is
    theirs together, as topology.storage has it.
    """

    faults: tuple[str, ...]
    actions: tuple[str, ...]
    disks: tuple[str, ...]
    stop: tuple[str, ...]
    wipe: tuple[str, ...]
    members: tuple[str, ...]
    device: str
    label: str
    format: bool
    uuid: str
    array: str
    create: bool
    assemble: bool
    own: tuple[str, ...]
    names: tuple[str, ...]
    kind: str

    def as_dict(self) -> dict[str, Any]:
        """For a filter: tuples as lists."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }


def storage_plan(facts: Mapping[str, Any], values: Mapping[str, Any]) -> StoragePlan:
    """The plan for the facts of module disk_facts and the role's arguments (see Request)."""
    disks, place = parse_facts(facts)
    request = Request.parse(values)
    chosen, faults = choose(request, disks)
    gone = erased(request, chosen)
    several = len(chosen) > 1
    kept = [entry.disk for entry in chosen if entry.disk.is_own and entry not in gone]
    has_array = bool(kept) and bool(kept[0].own_array)
    assemble = has_array and not arrays_on(kept)
    uuid = _uuid(kept) if kept else ""
    plan = StoragePlan(
        faults=tuple(
            fault.line() for fault in ordered([*faults, *refusals(request, chosen, place)])
        ),
        actions=(),
        disks=tuple(entry.disk.serial or entry.disk.name for entry in chosen),
        stop=_arrays(gone),
        wipe=tuple(path for entry in gone for path in _devices(entry.disk)),
        members=tuple(entry.disk.stable_path for entry in chosen) if several else (),
        device=_device(chosen),
        label=OWN_NAME,
        format=bool(chosen) and not uuid and not assemble,
        uuid=uuid,
        array=ARRAY_PATH if several else "",
        create=several and not has_array,
        assemble=assemble,
        own=tuple(disk.path for disk in kept),
        names=tuple(sorted(entry.disk.name for entry in chosen)),
        kind=common_kind(disk_kind(e.disk.name, e.disk.rotational) for e in chosen),
    )
    return replace(plan, actions=tuple(_actions(plan, gone, place)))


def _uuid(disks: Sequence[Disk]) -> str:
    """UUID of the file system that is there; "" of an array that has none yet."""
    if disks[0].own_filesystem:
        return disks[0].own_filesystem
    arrays = list(arrays_on(disks))
    return own_uuid(arrays[0].signatures) if arrays else ""


def _arrays(gone: Sequence[Chosen]) -> tuple[str, ...]:
    """Arrays of this collection that lie on disks which are erased."""
    own = [entry.disk for entry in gone if entry.disk.own_array]
    return tuple(sorted({child.path for disk in own for child in disk.children}))


def _devices(disk: Disk) -> list[str]:
    """The disk's partitions, then the disk: a signature in a partition outlives the table."""
    return [*(child.path for child in disk.children if not child.is_array), disk.path]


def _device(chosen: Sequence[Chosen]) -> str:
    if not chosen:
        return ""
    return chosen[0].disk.stable_path if len(chosen) == 1 else ARRAY_PATH


def _actions(plan: StoragePlan, gone: Sequence[Chosen], place: Place) -> Iterator[str]:
    for path in plan.stop:
        yield f"stop the array {path}"
    for entry in gone:
        yield f"erase {entry.disk.serial}: {contents(entry.disk)}"
    if plan.assemble:
        yield f"assemble {plan.array} of {', '.join(plan.disks)}"
    if plan.create:
        yield f"make the RAID0 {plan.device} of {', '.join(plan.disks)}"
    if plan.format:
        yield f"make an XFS on {plan.device}"
    if plan.device and not place.source:
        yield f"mount it at {place.path}"
