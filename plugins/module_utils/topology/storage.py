# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the weights of a host are stored on."""

from __future__ import annotations

from dataclasses import dataclass

NVME = "nvme"
SSD = "ssd"
HDD = "hdd"
NFS = "nfs"
UNKNOWN = "unknown"
STORAGE_KINDS = (NVME, SSD, HDD, NFS)


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
