"""Arrays that are not whole, disks that do not belong together, and a mount point in use."""

from __future__ import annotations

from typing import Any

import pytest

from .samples import MEMBER, OWN_XFS, PATH, array, disk, kinds, member, plan

BOTH = ["DISK0", "DISK1"]


def raid(disks: list[dict[str, Any]], devices: list[str], **request: Any) -> Any:
    return plan(disks, devices=devices, raid0=True, **request)


def test_a_lost_disk_is_told_by_its_serial_and_by_its_array() -> None:
    broken = array(raid_state="broken")
    found = raid([member(0, children=[broken])], BOTH, source="/dev/md127")
    assert kinds(found) == [("DISK0", "array broken"), ("DISK1", "disk missing")]
    assert "found /dev/md127 broken on 1 of 2 disks, needed" in found.faults[0]
    assert "found DISK0 (1024.0 GiB), needed" in found.faults[1]


def test_discovery_tells_of_a_lost_disk_too() -> None:
    broken = array(raid_state="broken")
    found = plan([member(0, children=[broken]), disk(2)], discover=True, source="/dev/md127")
    assert kinds(found) == [("DISK0", "array broken")]


def test_an_array_is_whole_only_with_all_of_the_disks_that_it_was_made_of() -> None:
    three = array(raid_disks=3)
    found = raid([member(0, children=[three]), member(1, children=[three])], BOTH)
    assert kinds(found) == [("DISK0, DISK1", "array broken")]
    assert "clean on 2 of 3 disks, needed" in found.faults[0]


def test_a_disk_that_came_back_is_no_part_of_the_array_that_lost_it() -> None:
    broken = array(raid_state="broken")
    disks = [member(0, children=[broken]), member(1, children=[])]
    assert kinds(raid(disks, BOTH, source="/dev/md127")) == [("DISK0, DISK1", "array broken")]


@pytest.mark.parametrize(
    "disks",
    [
        [member(0), disk(1)],
        [disk(0, signatures=[OWN_XFS]), disk(1)],
        [disk(0, signatures=[OWN_XFS]), disk(1, signatures=[OWN_XFS])],
        [member(0), member(1, signatures=[{**MEMBER, "uuid": "another"}])],
    ],
)
def test_disks_of_different_pasts_are_refused(disks: list[dict[str, Any]]) -> None:
    found = raid(disks, BOTH)
    assert kinds(found) == [("storage_devices", "disks differ")]
    assert found.wipe == ()


def test_they_are_erased_when_all_are_named_by_serial_and_confirmed() -> None:
    bare = array(mountpoints=[], raid_state="broken")
    disks = [member(0, children=[bare]), disk(1)]
    found = raid(disks, BOTH, wipe_confirmed=True)
    assert found.faults == ()
    assert (found.stop, found.wipe) == (("/dev/md127",), ("/dev/nvme0n1",))
    assert found.actions[:2] == (
        "stop the array /dev/md127",
        "erase DISK0: linux_raid_member labelled any:sglang-model; raid0 /dev/md127 with xfs "
        "labelled sglang-model",
    )
    assert (found.create, found.format, found.own) == (True, True, ())


def test_what_is_mounted_is_not_erased_even_then() -> None:
    found = raid([member(0), disk(1)], BOTH, wipe_confirmed=True, source="/dev/md127")
    assert kinds(found) == [("DISK0", "disk in use")]


def test_own_disks_that_are_whole_are_kept_even_when_confirmed() -> None:
    found = raid([member(0), member(1)], BOTH, wipe_confirmed=True, source="/dev/md127")
    assert (found.faults, found.actions, found.wipe) == ((), (), ())


def test_one_disk_of_two_is_not_the_storage() -> None:
    found = plan([member(0), member(1)], devices=["DISK0"], source="/dev/md127")
    assert kinds(found) == [("DISK0", "array broken")]


def test_another_mount_at_the_place_is_refused() -> None:
    found = plan([disk(0)], devices=["DISK0"], source="/dev/sda1")
    assert kinds(found) == [(PATH, "path mounted")]
    assert "found /dev/sda1 mounted there, needed" in found.faults[0]


def test_files_that_a_mount_would_hide_are_refused() -> None:
    found = plan([disk(0)], devices=["DISK0"], entries=("r1", "r1@0123"))
    assert kinds(found) == [(PATH, "path not empty")]
    assert "found r1, r1@0123, needed" in found.faults[0]


def test_files_are_no_fault_without_disks() -> None:
    assert plan([disk(0)], entries=("r1",)).faults == ()
