# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a path is stored on: mount, file system and the disks below it, from /proc and /sys alone.

C(findmnt) and C(lsblk) read the same files; no program is run here, and none need be installed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.system import (
    existing_parent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    NFS,
    common_kind,
    disk_kind,
)

NFS_TYPES = ("nfs", "nfs4")
# Options of an NFS mount that say how fast it can read (nfs(5)).
NFS_OPTIONS = ("vers", "proto", "nconnect", "rsize")
ROTATIONAL = {"0": False, "1": True}
# mountinfo writes blanks and backslashes of a path as three octal digits (proc(5)).
ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One line of /proc/self/mountinfo; C(device) is "major:minor"."""

    point: str
    device: str
    filesystem: str
    source: str
    options: str


def storage(root: Path, path: str) -> dict[str, object]:
    """What C(path), or its nearest existing parent, is stored on.

    C(kind) is V(nvme), V(ssd), V(hdd), V(nfs) or V(unknown); where the disks of a RAID or volume
    group differ it is V(unknown). C(filesystem) is its type, C(source) what is mounted, C(disks)
    the names of the disks, C(options) those of an NFS mount that its speed depends on. Texts are
    empty where nothing is known.
    """
    mount = mount_of(mounts(_text(root / "proc/self/mountinfo")), _real(root, path))
    disks = _disks(root, mount)
    nfs = mount.filesystem in NFS_TYPES
    return {
        "kind": NFS if nfs else common_kind(_kind(root, disk) for disk in disks),
        "filesystem": mount.filesystem,
        "source": mount.source,
        "disks": disks,
        "options": nfs_options(mount.options) if nfs else {},
    }


def mounts(mountinfo: str) -> list[Mount]:
    """The mounts of the text of /proc/self/mountinfo, in its order."""
    found = []
    for line in mountinfo.splitlines():
        head, separator, tail = line.partition(" - ")
        before, after = head.split(), tail.split()
        if separator and len(before) >= 5 and len(after) >= 3:
            point, source = _plain(before[4]), _plain(after[1])
            found.append(Mount(point, before[2], after[0], source, after[2]))
    return found


def mount_of(table: Sequence[Mount], path: str) -> Mount:
    """The mount that holds C(path): the longest one, of equals the last, which hides the others."""
    nothing = Mount("", "", "", "", "")
    holding = (mount for mount in table if _below(path, mount.point))
    return max(enumerate(holding), key=_depth, default=(0, nothing))[1]


def nfs_options(options: str) -> dict[str, str]:
    """Those of C(NFS_OPTIONS) that the text of a mount's options has, as the kernel prints them."""
    pairs = (option.partition("=") for option in options.split(","))
    found = {name: value for name, _sign, value in pairs}
    return {name: found[name] for name in NFS_OPTIONS if name in found}


def _depth(numbered: tuple[int, Mount]) -> tuple[int, int]:
    at, mount = numbered
    return len(mount.point), at


def _below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _plain(text: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found.group(1), 8)), text)


def _real(root: Path, path: str) -> str:
    """The nearest existing parent of C(path) without symbolic links, as below C(root)."""
    below = os.path.relpath(existing_parent(root, path).resolve(), root.resolve())
    return "/" if below == "." else f"/{below}"


def _disks(root: Path, mount: Mount) -> list[str]:
    """Names of the disks below a mount. Btrfs and others have no device number of their own."""
    numbered = root / "sys/dev/block" / mount.device
    named = root / "sys/class/block" / Path(mount.source).name
    devices = [place for place in (numbered, named) if mount.device and place.exists()]
    return sorted(set(_leaves(root, devices[0].resolve()))) if devices else []


def _leaves(root: Path, device: Path) -> Iterator[str]:
    """The disk of a partition; of a RAID, an LVM volume or an encrypted disk those below it."""
    if (device / "partition").exists():
        yield from _leaves(root, device.parent)
        return
    below = device / "slaves"
    members = sorted(entry.name for entry in below.iterdir()) if below.is_dir() else []
    if not members:
        yield device.name
    for name in members:
        yield from _leaves(root, (root / "sys/class/block" / name).resolve())


def _kind(root: Path, disk: str) -> str:
    rotational = _text(root / "sys/class/block" / disk / "queue/rotational").strip()
    return disk_kind(disk, ROTATIONAL.get(rotational))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
