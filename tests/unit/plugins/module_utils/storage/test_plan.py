"""From empty disks to one file system, and never over what somebody else wrote."""

from __future__ import annotations

from typing import Any

import pytest

from .samples import (
    MEMBER,
    OWN_XFS,
    PATH,
    UUID,
    array,
    disk,
    kinds,
    member,
    partition,
    plan,
)

GPT = {"type": "gpt", "label": "", "uuid": "g"}


def test_an_empty_disk_gets_a_file_system_and_is_mounted() -> None:
    found = plan([disk(0), disk(1)], devices=["DISK1"])
    assert found.faults == ()
    assert found.actions == (
        "make an XFS on /dev/disk/by-id/nvme-Model_DISK1",
        "mount it at /models",
    )
    assert (found.device, found.format) == ("/dev/disk/by-id/nvme-Model_DISK1", True)
    assert (found.array, found.create, found.members, found.uuid) == ("", False, (), "")


@pytest.mark.parametrize("wanted", ["nvme-Model_DISK0", "/dev/disk/by-id/nvme-Model_DISK0"])
def test_a_disk_is_named_by_its_link_as_well(wanted: str) -> None:
    found = plan([disk(0), disk(1)], devices=[wanted])
    assert (found.faults, found.disks) == ((), ("DISK0",))


def test_two_empty_disks_become_a_raid0_in_the_order_that_they_are_named() -> None:
    found = plan([disk(0), disk(1)], devices=["DISK1", "DISK0"], raid0=True)
    assert found.faults == ()
    assert found.actions == (
        "make the RAID0 /dev/md/sglang-model of DISK1, DISK0",
        "make an XFS on /dev/md/sglang-model",
        "mount it at /models",
    )
    assert (found.array, found.create) == ("/dev/md/sglang-model", True)
    assert found.members == (
        "/dev/disk/by-id/nvme-Model_DISK1",
        "/dev/disk/by-id/nvme-Model_DISK0",
    )


def test_a_single_disk_is_no_raid0() -> None:
    found = plan([disk(0)], devices=["DISK0"], raid0=True)
    assert (found.faults, found.array, found.create) == ((), "", False)


def test_a_file_system_of_an_earlier_run_is_kept() -> None:
    there = disk(0, signatures=[OWN_XFS], mountpoints=[PATH])
    found = plan([there], source="/dev/nvme0n1", devices=["DISK0"], wipe_confirmed=True)
    assert (found.faults, found.actions) == ((), ())
    assert (found.uuid, found.format, found.wipe) == (UUID, False, ())


def test_a_file_system_of_an_earlier_installation_is_mounted_again() -> None:
    found = plan([disk(0, signatures=[OWN_XFS])], devices=["DISK0"])
    assert (found.faults, found.actions) == ((), ("mount it at /models",))


def test_an_array_of_an_earlier_run_is_kept() -> None:
    found = plan(
        [member(0), member(1)], source="/dev/md127", devices=["DISK0", "DISK1"], raid0=True
    )
    assert (found.faults, found.actions) == ((), ())
    assert (found.uuid, found.own) == (UUID, ("/dev/nvme0n1", "/dev/nvme1n1"))
    assert (found.create, found.assemble, found.format) == (False, False, False)


def test_an_array_without_its_file_system_gets_one() -> None:
    """A run that was killed between the two."""
    bare = array(signatures=[], mountpoints=[])
    disks = [member(0, children=[bare]), member(1, children=[bare])]
    found = plan(disks, devices=["DISK0", "DISK1"], raid0=True)
    assert found.faults == ()
    assert found.actions == ("make an XFS on /dev/md/sglang-model", "mount it at /models")
    assert (found.create, found.format) == (False, True)


def test_an_array_that_nothing_started_is_assembled_and_not_made_anew() -> None:
    disks = [member(0, children=[]), member(1, children=[])]
    found = plan(disks, devices=["DISK0", "DISK1"], raid0=True)
    assert found.faults == ()
    assert found.actions == (
        "assemble /dev/md/sglang-model of DISK0, DISK1",
        "mount it at /models",
    )
    assert (found.assemble, found.create, found.format) == (True, False, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"signatures": [{"type": "ext4", "label": "home", "uuid": "u"}]}, "ext4 labelled home"),
        ({"signatures": [{"type": "xfs", "label": "", "uuid": "u"}]}, "xfs"),
        ({"signatures": [{"type": "swap", "label": "", "uuid": "u"}]}, "swap"),
        ({"signatures": [{"type": "LVM2_member", "label": "", "uuid": "u"}]}, "LVM2_member"),
        (
            {"signatures": [{"type": "linux_raid_member", "label": "db1:0", "uuid": "u"}]},
            "linux_raid_member labelled db1:0",
        ),
        (
            {"signatures": [GPT], "children": [partition(0)]},
            "gpt; part /dev/nvme0n1p1 with ext4",
        ),
        (
            {"signatures": [GPT], "children": [partition(0, signatures=[])]},
            "gpt; part /dev/nvme0n1p1 with nothing known",
        ),
        ({"signatures": [OWN_XFS, GPT]}, "xfs labelled sglang-model; gpt"),
    ],
)
@pytest.mark.parametrize("wanted", ["DISK0", "nvme-Model_DISK0"])
def test_a_disk_that_holds_something_is_refused_with_what_it_holds(
    content: dict[str, Any], said: str, wanted: str
) -> None:
    found = plan([disk(0, **content)], devices=[wanted])
    assert kinds(found) == [("DISK0", "disk not empty")]
    assert f"found {said}, needed" in found.faults[0]
    assert found.wipe == ()


def test_it_is_erased_when_named_by_serial_and_confirmed_partitions_first() -> None:
    held = disk(0, signatures=[GPT], children=[partition(0)])
    found = plan([held], devices=["DISK0"], wipe_confirmed=True)
    assert found.faults == ()
    assert found.wipe == ("/dev/nvme0n1p1", "/dev/nvme0n1")
    assert found.actions[0] == "erase DISK0: gpt; part /dev/nvme0n1p1 with ext4"
    assert found.format


def test_a_confirmation_is_not_enough_for_a_disk_named_otherwise() -> None:
    found = plan([disk(0, signatures=[GPT])], devices=["nvme-Model_DISK0"], wipe_confirmed=True)
    assert kinds(found) == [("DISK0", "disk not empty")]


def test_a_disk_without_a_serial_number_is_never_erased() -> None:
    held = disk(0, serial="", signatures=[GPT])
    found = plan([held], devices=["nvme-Model_DISK0"], wipe_confirmed=True)
    assert kinds(found) == [("/dev/disk/by-id/nvme-Model_DISK0", "disk not empty")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"mountpoints": ["/srv"]}, "/srv"),
        ({"mountpoints": ["[SWAP]"]}, "[SWAP]"),
        ({"children": [partition(0, mountpoints=["/", "/boot"])]}, "/, /boot"),
        ({"children": [partition(0, type="lvm", path="/dev/dm-0")]}, "lvm /dev/dm-0"),
        (
            {"children": [array(mountpoints=[], path="/dev/md0")], "signatures": [GPT]},
            "raid0 /dev/md0",
        ),
        ({"signatures": [OWN_XFS], "mountpoints": ["/elsewhere"]}, "/elsewhere"),
    ],
)
def test_a_disk_in_use_is_refused_even_when_confirmed(content: dict[str, Any], said: str) -> None:
    found = plan([disk(0, **content)], devices=["DISK0"], wipe_confirmed=True)
    assert kinds(found) == [("DISK0", "disk in use")]
    assert f"found {said}, needed" in found.faults[0]


def test_a_disk_that_cannot_be_read_is_refused_even_when_confirmed() -> None:
    found = plan([disk(0, error="I/O error")], devices=["DISK0"], wipe_confirmed=True)
    assert kinds(found) == [("DISK0", "disk unreadable")]
    assert (found.wipe, "found I/O error, needed" in found.faults[0]) == ((), True)


def test_all_faults_of_all_disks_are_told_at_once() -> None:
    disks = [
        disk(0, signatures=[GPT]),
        disk(1, read_only=True),
        disk(2, mountpoints=["/srv"]),
        disk(3),
    ]
    wanted = ["DISK0", "DISK1", "DISK2", "/dev/nvme3n1", "DISK9"]
    assert kinds(plan(disks, devices=wanted)) == [
        ("/dev/nvme3n1", "disk not by id"),
        ("DISK0", "disk not empty"),
        ("DISK1", "disk read only"),
        ("DISK2", "disk in use"),
        ("DISK9", "disk missing"),
        ("storage_raid0", "several disks"),
    ]


def test_no_disk_is_no_plan() -> None:
    found = plan([disk(0)])
    assert (found.faults, found.actions, found.device, found.format) == ((), (), "", False)


def test_a_dict_of_a_plan_has_lists() -> None:
    values = plan([disk(0)], devices=["DISK0"]).as_dict()
    assert values["actions"][0].startswith("make an XFS")
    assert values["wipe"] == []
    assert values["label"] == "sglang-model"


def test_a_member_by_name_is_one_whatever_host_made_it() -> None:
    other = {**MEMBER, "label": "old-name:sglang-model"}
    disks = [member(0, signatures=[other]), member(1, signatures=[other])]
    found = plan(disks, source="/dev/md127", devices=["DISK0", "DISK1"], raid0=True)
    assert (found.faults, found.actions) == ((), ())


@pytest.mark.parametrize(
    ("disks", "names", "kind"),
    [
        ([disk(1), disk(0)], ("nvme0n1", "nvme1n1"), "nvme"),
        ([disk(0, name="sda"), disk(1, name="sdb")], ("sda", "sdb"), "ssd"),
        ([disk(0, name="sda", rotational=True), disk(1, name="sdb")], ("sda", "sdb"), "unknown"),
        ([disk(0, name="vda"), disk(1, name="vdb")], ("vda", "vdb"), "unknown"),
    ],
)
def test_a_plan_says_what_the_place_will_lie_on(
    disks: list[dict[str, Any]], names: tuple[str, ...], kind: str
) -> None:
    found = plan(disks, devices=["DISK0", "DISK1"], raid0=True)
    assert (found.names, found.kind) == (names, kind)


def test_no_disk_is_of_no_kind() -> None:
    assert (plan([disk(0)]).names, plan([disk(0)]).kind) == ((), "unknown")
