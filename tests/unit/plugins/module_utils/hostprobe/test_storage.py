"""What a path is stored on, from lines of mountinfo and trees of sysfs as hosts have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.storage import (
    Mount,
    mount_of,
    mounts,
    nfs_options,
    storage,
)

# From a virtual machine with virtio, and lines as proc(5) and nfs(5) describe them.
VIRTUAL = """\
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
22 27 0:21 / /proc rw,relatime - proc proc rw
25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24683656k
"""
ROOT_DISK = "27 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n"
NVME_DISK = "40 27 259:3 / /var/lib/models rw,noatime shared:2 - xfs /dev/nvme1n1p1 rw,inode64\n"
MD = "40 27 9:127 / /var/lib/models rw,noatime shared:2 - xfs /dev/md127 rw,inode64\n"
BTRFS = "40 27 0:52 /@m /var/lib/models rw,noatime - btrfs /dev/sdb rw,subvol=/@m\n"
NFS = (
    "61 27 0:55 / /var/lib/models ro,relatime shared:3 - nfs4 10.20.0.5:/models "
    "ro,vers=4.2,rsize=1048576,wsize=1048576,namlen=255,hard,proto=rdma,nconnect=16,port=20049\n"
)
PATH = "/var/lib/models"


def plant(root: Path, mountinfo: str, *, path: str = PATH) -> None:
    """A host with these mounts, and the directory of the path."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text(mountinfo)
    (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)


def plant_disk(
    root: Path, name: str, *, number: str = "", rotational: str = "", slaves: tuple[str, ...] = ()
) -> None:
    """A disk as sysfs shows it: a directory of its own with links to it by name and number."""
    parent, _slash, part = name.partition("/")
    device = root / "sys/devices/block" / name
    (device / "slaves").mkdir(parents=True)
    for slave in slaves:
        (device / "slaves" / slave).mkdir()
    if part:
        (device / "partition").write_text("1\n")
    if rotational:
        (device / "queue").mkdir()
        (device / "queue/rotational").write_text(f"{rotational}\n")
    links = [root / "sys/class/block" / (part or parent)]
    links += [root / "sys/dev/block" / number] if number else []
    for link in links:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(device)


def kind_of(root: Path, path: str = PATH) -> tuple[object, object]:
    found = storage(root, path)
    return found["kind"], found["disks"]


def test_a_partition_of_an_nvme_disk_is_nvme(tmp_path: Path) -> None:
    plant(tmp_path, ROOT_DISK + NVME_DISK)
    plant_disk(tmp_path, "nvme1n1", rotational="0")
    plant_disk(tmp_path, "nvme1n1/nvme1n1p1", number="259:3")
    assert storage(tmp_path, f"{PATH}/deepseek-r1") == {
        "kind": "nvme",
        "filesystem": "xfs",
        "source": "/dev/nvme1n1p1",
        "disks": ["nvme1n1"],
        "options": {},
    }


def test_a_raid_is_what_its_disks_are(tmp_path: Path) -> None:
    plant(tmp_path, ROOT_DISK + MD)
    members = ("nvme0n1", "nvme1c1n1")
    plant_disk(tmp_path, "md127", number="9:127", rotational="0", slaves=members)
    for member in members:
        plant_disk(tmp_path, member, rotational="0")
    assert kind_of(tmp_path) == ("nvme", ["nvme0n1", "nvme1c1n1"])


def test_a_raid_of_different_disks_is_of_no_kind(tmp_path: Path) -> None:
    plant(tmp_path, MD)
    plant_disk(tmp_path, "md127", number="9:127", slaves=("nvme0n1", "sda"))
    plant_disk(tmp_path, "nvme0n1", rotational="0")
    plant_disk(tmp_path, "sda", rotational="1")
    assert kind_of(tmp_path) == ("unknown", ["nvme0n1", "sda"])


@pytest.mark.parametrize(
    ("rotational", "kind"), [("0", "ssd"), ("1", "hdd"), ("2", "unknown"), ("", "unknown")]
)
def test_a_scsi_disk_says_whether_it_turns(tmp_path: Path, rotational: str, kind: str) -> None:
    plant(tmp_path, ROOT_DISK)
    plant_disk(tmp_path, "sda", rotational=rotational)
    plant_disk(tmp_path, "sda/sda2", number="8:2")
    assert kind_of(tmp_path) == (kind, ["sda"])


def test_btrfs_has_a_number_of_its_own_and_is_found_by_its_source(tmp_path: Path) -> None:
    plant(tmp_path, ROOT_DISK + BTRFS)
    plant_disk(tmp_path, "sdb", rotational="0")
    assert kind_of(tmp_path) == ("ssd", ["sdb"])


def test_the_disk_of_a_virtual_machine_is_unknown_though_it_says_that_it_turns(
    tmp_path: Path,
) -> None:
    plant(tmp_path, VIRTUAL)
    plant_disk(tmp_path, "vda", number="254:0", rotational="1")
    assert kind_of(tmp_path) == ("unknown", ["vda"])


def test_nfs_has_the_options_that_its_speed_depends_on(tmp_path: Path) -> None:
    plant(tmp_path, ROOT_DISK + NFS)
    assert storage(tmp_path, PATH) == {
        "kind": "nfs",
        "filesystem": "nfs4",
        "source": "10.20.0.5:/models",
        "disks": [],
        "options": {"vers": "4.2", "proto": "rdma", "nconnect": "16", "rsize": "1048576"},
    }
    assert nfs_options("rw,hard") == {}


def test_memory_and_hosts_without_mountinfo_are_unknown(tmp_path: Path) -> None:
    plant(tmp_path, VIRTUAL, path="/dev/shm")
    assert storage(tmp_path, "/dev/shm")["filesystem"] == "tmpfs"
    assert kind_of(tmp_path, "/dev/shm") == ("unknown", [])
    (tmp_path / "proc/self/mountinfo").unlink()
    found = storage(tmp_path, "/")
    assert (found["kind"], found["filesystem"], found["source"]) == ("unknown", "", "")


def test_a_symbolic_link_is_followed_and_a_missing_path_is_its_parent_s(tmp_path: Path) -> None:
    plant(tmp_path, ROOT_DISK + NVME_DISK)
    plant_disk(tmp_path, "nvme1n1", rotational="0")
    plant_disk(tmp_path, "nvme1n1/nvme1n1p1", number="259:3")
    (tmp_path / ".models").symlink_to(tmp_path / "var/lib/models")
    assert kind_of(tmp_path, "/.models/none/at/all")[0] == "nvme"


def test_the_longest_mount_holds_a_path_and_the_last_hides_those_before() -> None:
    table = mounts(ROOT_DISK + NVME_DISK + MD + "41 27 0:1 / /var/lib/mod rw - tmpfs none rw\n")
    assert mount_of(table, f"{PATH}/x").source == "/dev/md127"
    assert mount_of(table, "/var/lib/models2").source == "/dev/sda2"
    assert mount_of(table, "/").source == "/dev/sda2"


def test_blanks_in_mountinfo_are_octal_and_other_lines_are_left_out() -> None:
    text = "36 35 8:1 / /mnt/my\\040models rw - ext4 /dev/sda1 rw\nno line of mountinfo\n"
    assert mounts(text) == [Mount("/mnt/my models", "8:1", "ext4", "/dev/sda1", "rw")]
