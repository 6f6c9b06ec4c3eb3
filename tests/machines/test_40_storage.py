"""Disks of a kernel's own become the place for models, and another machine mounts it over NFS."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.machines.storage import DISKS, ROOT, SHARD, WIPE, Play, StorageSite

# Large enough for several reads of NFS, small enough for a machine without acceleration.
SHARD_MIB = 24
LINK = "/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_"
FAULTY = {
    "site_storage_devices": [*DISKS, "/dev/nvme0n1", "LAB0009"],
    "site_storage_raid0": False,
    "site_nfs_server": "",
}


@dataclass(frozen=True)
class Unchanged:
    """What lies on the disks before and after two runs that change nothing."""

    before: str
    after: str
    refused: Play
    checked: Play


@pytest.fixture(scope="module")
def unchanged(site: StorageSite) -> Unchanged:
    """A refusal and a check run at the same time: a module runs on one CPU of the machine."""
    for serial, label in (("LAB0002", "home"), ("LAB0003", "other")):
        site.on("vm1", f"mkfs.ext4 -q -L {label} {LINK}{serial}")
    before = site.signatures()
    with ThreadPoolExecutor() as pool:
        refused = pool.submit(site.play, "--limit", "vm1", "-e", json.dumps(FAULTY))
        checked = pool.submit(site.play, "--limit", "vm1", "--check", "--diff", *WIPE)
    return Unchanged(before, site.signatures(), refused.result(), checked.result())


def test_disks_are_found_by_serial_and_all_faults_are_told_before_any_change(
    unchanged: Unchanged,
) -> None:
    run = unchanged.refused
    assert run.status != 0
    told = {line.strip().partition(": found")[0] for line in run.output.splitlines()}
    assert {
        "/dev/nvme0n1: disk not by id",
        "LAB0002: disk not empty",
        "LAB0009: disk missing",
        "storage_raid0: several disks",
    } <= told, run.output
    assert "found ext4 labelled home, needed" in run.output
    assert run.changed == {"vm1": 0}
    assert unchanged.after == unchanged.before


def test_a_check_run_says_what_it_would_do_and_does_nothing(
    unchanged: Unchanged, site: StorageSite
) -> None:
    run = unchanged.checked
    assert run.status == 0, run.output
    assert "erase LAB0002: ext4 labelled home" in run.output
    assert "make the RAID0 /dev/md/sglang-model of LAB0001, LAB0002" in run.output
    assert f"mount it at {ROOT}" in run.output
    assert run.changed["vm1"] > 0
    assert site.mounts("vm1") == []


def test_two_disks_become_one_file_system_that_the_other_machine_reads(
    site: StorageSite, unchanged: Unchanged
) -> None:
    """One of them is erased, which is confirmed; a disk that is not named keeps what it holds."""
    run = site.play(*WIPE)
    assert run.status == 0, run.output
    assert "other" in unchanged.before
    assert "other" in site.on("vm1", f"wipefs --json {LINK}LAB0003")
    (mount,) = site.mounts("vm1")
    assert (mount["fstype"], "noatime" in mount["options"].split(",")) == ("xfs", True)
    assert site.on("vm1", "cat /sys/block/md*/md/level") == "raid0"
    uuid = site.on("vm1", f"findmnt -no UUID {ROOT}")
    entry = f"UUID={uuid} {ROOT} xfs nofail,noatime,"
    assert f"\n{entry}" in site.on("vm1", "cat /etc/fstab")
    site.on("vm1", f"dd if=/dev/urandom of={SHARD} bs=1M count={SHARD_MIB} status=none; sync")
    (mount,) = site.mounts("vm2")
    options = mount["options"].split(",")
    assert {"ro", "vers=4.2", "proto=tcp", "nconnect=8"} <= set(options)
    # What the client asks for and the server, bound by its memory, does not give.
    assert f"rsize={site.on('vm1', 'cat /proc/fs/nfsd/max_block_size')}" in options
    assert site.transports() == {"tcp"}
    bdi = f"cat /sys/class/bdi/$(mountpoint -d {ROOT})/read_ahead_kb"
    assert site.on("vm2", bdi) == "16384"
    assert site.digest("vm2") == site.digest("vm1")
    refused = f"touch {ROOT}/x 2>&1 || true"
    assert "Read-only file system" in site.on("vm2", refused)
