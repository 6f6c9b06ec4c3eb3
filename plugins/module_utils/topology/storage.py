# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the weights of a host are stored on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

NVME = "nvme"
SSD = "ssd"
HDD = "hdd"
NFS = "nfs"
UNKNOWN = "unknown"
STORAGE_KINDS = (NVME, SSD, HDD, NFS)
# Names of the kernel's drivers for disks that say by themselves whether they turn. A disk of a
# virtual machine (vda, xvda) says what its hypervisor made up: virtio's own value is 1.
NVME_DISK = re.compile(r"nvme\d+(c\d+)?n\d+")
SCSI_DISK = re.compile(r"sd[a-z]+")


@dataclass(frozen=True)
class Storage:
    """C(kind) is one of C(STORAGE_KINDS), or C(UNKNOWN) where nobody said or could tell.

    C(filesystem) is its type, and C(detail) the disks below it or the options of an NFS mount; both
    are empty where nobody said.
    """

    kind: str = UNKNOWN
    filesystem: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """The storage in some words, such as V(nvme: xfs on nvme0n1 nvme1n1)."""
        if not self.filesystem:
            return self.kind
        join = " with " if self.kind == NFS else " on "
        return f"{self.kind}: {join.join(filter(None, (self.filesystem, self.detail)))}"


NOT_KNOWN = Storage()


def disk_kind(name: str, rotational: Optional[bool]) -> str:
    """The kind of a disk by the kernel's name and by whether it turns; None where nothing says."""
    if NVME_DISK.fullmatch(name):
        return NVME
    if not SCSI_DISK.fullmatch(name) or rotational is None:
        return UNKNOWN
    return HDD if rotational else SSD


def common_kind(kinds: Iterable[str]) -> str:
    """The kind of several disks; C(UNKNOWN) where they differ, and of none."""
    found = {*kinds}
    return found.pop() if len(found) == 1 else UNKNOWN
