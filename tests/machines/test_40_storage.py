"""Disks of a kernel's own become the place for models, and another machine mounts it over NFS."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.machines import booted, storage
from tests.machines.booted import Booted
from tests.machines.storage import DISKS, ROOT, SHARD, SHARD_MIB, StorageSite

SERVER = "10.79.10.11"
OTHER = "/mnt/other"
# The kernel shares a mount with one of the same options but for the transport.
LIKE_THE_ROLE = "ro,hard,noatime,vers=4.2,nconnect=8,rsize=1048576,wsize=1048576"


@pytest.fixture(scope="module")
def site(machines: Booted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageSite]:
    started = time.monotonic()
    yield storage.make(machines, tmp_path_factory.mktemp("storage") / "machines")
    print(f"\nstorage: {time.monotonic() - started:.0f} s")


def signatures(site: StorageSite) -> str:
    return site.on("vm1", "for disk in /dev/nvme*n1; do wipefs --json $disk; done")


def mounts(site: StorageSite, machine: str) -> list[dict[str, str]]:
    """What is mounted at the place for models, as the kernel says."""
    said = site.on(machine, f"findmnt --json --mountpoint {ROOT} -o SOURCE,FSTYPE,OPTIONS || true")
    return list(json.loads(said)["filesystems"]) if said else []


def transports(site: StorageSite) -> set[str]:
    """Transports of the second machine's mount at the place for models."""
    text = site.on("vm2", "cat /proc/self/mountstats")
    block = text.partition(f" mounted on {ROOT} with")[2].partition("\ndevice ")[0]
    return set(re.findall(r"xprt:\s+(\w+)", block))


def test_disks_are_found_by_serial_and_all_faults_are_told_before_any_change(
    site: StorageSite,
) -> None:
    site.on("vm1", "mkfs.ext4 -q -L home /dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_LAB0003")
    before = signatures(site)
    wanted = {"site_storage_devices": [*DISKS, "LAB0003", "/dev/nvme0n1", "LAB0009"]}
    arguments = {**wanted, "site_storage_raid0": False, "site_nfs_server": ""}
    run = site.play("--limit", "vm1", "-e", json.dumps(arguments))
    assert run.status != 0
    told = {line.strip().partition(": found")[0] for line in run.output.splitlines()}
    assert {
        "/dev/nvme0n1: disk not by id",
        "LAB0003: disk not empty",
        "LAB0009: disk missing",
        "storage_raid0: several disks",
    } <= told
    assert "found ext4 labelled home, needed" in run.output
    assert run.changed == {"vm1": 0}
    assert signatures(site) == before


def test_a_check_run_says_what_it_would_do_and_does_nothing(site: StorageSite) -> None:
    before = signatures(site)
    run = site.play("--check", "--diff", "--limit", "vm1")
    assert run.status == 0, run.output
    assert "make the RAID0 /dev/md/sglang-model of LAB0001, LAB0002" in run.output
    assert f"mount it at {ROOT}" in run.output
    assert run.changed["vm1"] > 0
    assert signatures(site) == before
    assert mounts(site, "vm1") == []


def test_two_disks_become_one_file_system_that_the_other_machine_reads(
    site: StorageSite,
) -> None:
    run = site.play()
    assert run.status == 0, run.output
    (mount,) = mounts(site, "vm1")
    assert (mount["fstype"], "noatime" in mount["options"].split(",")) == ("xfs", True)
    assert site.on("vm1", "cat /sys/block/md*/md/level") == "raid0"
    uuid = site.on("vm1", f"findmnt -no UUID {ROOT}")
    entry = f"UUID={uuid} {ROOT} xfs nofail,noatime,"
    assert f"\n{entry}" in site.on("vm1", "cat /etc/fstab")
    site.on("vm1", f"dd if=/dev/urandom of={SHARD} bs=1M count={SHARD_MIB} status=none; sync")
    (mount,) = mounts(site, "vm2")
    options = mount["options"].split(",")
    assert {"ro", "vers=4.2", "proto=tcp", "nconnect=8"} <= set(options)
    # What the client asks for and the server, bound by its memory, does not give.
    assert f"rsize={site.on('vm1', 'cat /proc/fs/nfsd/max_block_size')}" in options
    assert transports(site) == {"tcp"}
    bdi = f"cat /sys/class/bdi/$(mountpoint -d {ROOT})/read_ahead_kb"
    assert site.on("vm2", bdi) == "16384"
    assert site.digest("vm2") == site.digest("vm1")
    refused = f"touch {ROOT}/x 2>&1 || true"
    assert "Read-only file system" in site.on("vm2", refused)


def test_a_reader_waits_for_a_server_that_is_gone_and_reads_the_right_bytes(
    site: StorageSite,
) -> None:
    wanted = site.digest("vm1")
    site.on("vm1", "systemctl stop nfs-server.service")
    site.on("vm2", "echo 3 >/proc/sys/vm/drop_caches")
    reading = subprocess.Popen(
        booted.argv("exec", "vm2", "--", "sha256sum", SHARD),
        cwd=booted.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(10)
    assert reading.poll() is None
    site.on("vm1", "systemctl start nfs-server.service")
    started = time.monotonic()
    said, _nothing = reading.communicate(timeout=300)
    print(f"\nread after the server was back: {time.monotonic() - started:.0f} s")
    assert (reading.returncode, said.split()[0]) == (0, wanted)


def test_a_mount_that_would_silently_go_over_tcp_is_refused(site: StorageSite) -> None:
    """The server is mounted over TCP under another name, which no look before can see."""
    rxe = "modprobe rdma_rxe; rdma link show rxe0 2>/dev/null || rdma link add rxe0 type rxe "
    for machine in ("vm1", "vm2"):
        site.on(machine, f"{rxe} netdev eth0")
    run = site.play("-e", "site_nfs_rdma=true")
    assert run.status != 0
    assert f"{ROOT}: nfs other transport: found {SERVER}:{ROOT} over tcp, needed" in run.output
    assert run.changed == {"vm1": 0, "vm2": 0}
    site.on(
        "vm2",
        f"umount {ROOT}; echo '{SERVER} nas' >>/etc/hosts; mkdir -p {OTHER}; "
        f"mount -t nfs -o {LIKE_THE_ROLE},proto=tcp nas:{ROOT} {OTHER}",
    )
    run = site.play("-e", "site_nfs_rdma=true")
    assert run.status != 0
    assert transports(site) == {"tcp"}
    assert f"{ROOT}: nfs wrong transport: found {SERVER}:{ROOT} over tcp, needed" in run.output
    site.on("vm2", f"umount {ROOT} {OTHER}")


def test_nfs_goes_over_rdma(site: StorageSite) -> None:
    run = site.play("-e", "site_nfs_rdma=true")
    assert run.status == 0, run.output
    assert transports(site) == {"rdma"}
    sent = "cat /sys/class/infiniband/rxe0/ports/1/hw_counters/sent_pkts"
    before = int(site.on("vm2", sent))
    assert site.digest("vm2") == site.digest("vm1")
    assert int(site.on("vm2", sent)) > before


def test_a_reboot_brings_it_back_and_a_further_run_changes_nothing(site: StorageSite) -> None:
    wanted = site.digest("vm1")
    started = time.monotonic()
    storage.reboot(site.machines, "vm1")
    print(f"\nreboot: {time.monotonic() - started:.0f} s")
    (mount,) = mounts(site, "vm1")
    assert mount["fstype"] == "xfs"
    assert site.on("vm1", "test -b /dev/md/sglang-model && systemctl is-active nfs-server") == (
        "active"
    )
    site.on("vm1", "modprobe rdma_rxe; rdma link add rxe0 type rxe netdev eth0")
    run = site.play("-e", "site_nfs_rdma=true")
    assert (run.status, run.changed) == (0, {"vm1": 0, "vm2": 0}), run.output
    assert (site.digest("vm1"), site.digest("vm2")) == (wanted, wanted)


def test_a_lost_disk_is_told_by_its_serial(site: StorageSite) -> None:
    booted.command("unplug", "vm1", "LAB0002")
    run = site.play("--limit", "vm1", "-e", "site_nfs_rdma=true")
    assert run.status != 0
    assert "LAB0002: disk missing: found LAB0001 (1.0 GiB), LAB0003 (1.0 GiB)" in run.output
    assert "LAB0001: array broken: found /dev/md127 broken on 1 of 2 disks" in run.output
    assert run.changed == {"vm1": 0}


def test_the_reset_releases_all_of_it_and_erases_nothing(site: StorageSite) -> None:
    run = site.release()
    assert run.status == 0, run.output
    for machine in ("vm1", "vm2"):
        assert mounts(site, machine) == []
        assert ROOT not in site.on(machine, "cat /etc/fstab")
    assert site.on("vm1", "systemctl is-active nfs-server || true") == "inactive"
    assert "sglang-model" in signatures(site)
    assert "home" in signatures(site)
