"""A lost disk, and the reset."""

from __future__ import annotations

from tests.machines import booted
from tests.machines.storage import RDMA, ROOT, WIPE, StorageSite


def test_a_lost_disk_is_told_by_its_serial(site: StorageSite) -> None:
    booted.command("unplug", "vm1", "LAB0002")
    run = site.play("--limit", "vm1", *RDMA)
    assert run.status != 0
    assert "LAB0002: disk missing: found LAB0001 (1.0 GiB), LAB0003 (1.0 GiB)" in run.output
    assert "LAB0001: array broken: found /dev/md127 broken on 1 of 2 disks" in run.output
    assert run.changed == {"vm1": 0}


def test_the_reset_releases_all_of_it_and_erases_nothing(site: StorageSite) -> None:
    run = site.release()
    assert run.status == 0, run.output
    for machine in ("vm1", "vm2"):
        assert site.mounts(machine) == []
        assert ROOT not in site.on(machine, "cat /etc/fstab")
    assert site.on("vm1", "systemctl is-active nfs-server || true") == "inactive"
    assert "sglang-model" in site.signatures()
    assert "other" in site.signatures()


def test_a_confirmed_reset_erases_what_was_made_and_nothing_else(site: StorageSite) -> None:
    assert "linux_raid_member" in site.signatures()
    run = site.release("--limit", "vm1", *WIPE)
    assert run.status == 0, run.output
    assert "linux_raid_member" not in site.signatures()
    assert "other" in site.signatures()
