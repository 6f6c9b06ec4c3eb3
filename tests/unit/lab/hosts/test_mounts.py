"""Mounts are read as the kernel escapes them."""

from __future__ import annotations

from pathlib import Path

from lab.hosts import mounts
from lab.hosts.mounts import Mount

MOUNTINFO = [
    r"21 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
    r"30 21 7:0 / /c/labs/a\040b/var rw shared:7 master:2 - ext4 /dev/loop0 rw",
    r"31 21 0:40 / /c/root rw - overlay bml.one.a rw,lowerdir=/b",
]


def test_mounts_have_target_type_and_source() -> None:
    assert mounts.parse(MOUNTINFO) == (
        Mount(Path("/"), "ext4", "/dev/vda"),
        Mount(Path("/c/labs/a b/var"), "ext4", "/dev/loop0"),
        Mount(Path("/c/root"), "overlay", "bml.one.a"),
    )
