"""Ids that name no disk or several, and what discovery takes."""

from __future__ import annotations

from typing import Any

import pytest

from .samples import GIB, OWN_XFS, PATH, disk, kinds, member, plan


@pytest.mark.parametrize("wanted", ["/dev/nvme0n1", "nvme0n1"])
def test_the_name_of_a_device_is_refused_with_the_serial_to_write(wanted: str) -> None:
    found = plan([disk(0)], devices=[wanted])
    assert kinds(found) == [(wanted, "disk not by id")]
    assert found.faults[0].endswith("name it DISK0")


def test_without_a_serial_the_link_is_to_be_written() -> None:
    found = plan([disk(0, serial="")], devices=["nvme0n1"])
    assert found.faults[0].endswith("name it /dev/disk/by-id/nvme-Model_DISK0")


def test_a_missing_disk_is_told_with_those_that_are_there() -> None:
    found = plan([disk(0), disk(1, size_bytes=GIB)], devices=["DISK9"])
    assert kinds(found) == [("DISK9", "disk missing")]
    assert "found DISK0 (1024.0 GiB), DISK1 (1.0 GiB), needed" in found.faults[0]
    assert "found no disk at all, needed" in plan([], devices=["DISK9"]).faults[0]


def test_a_serial_that_two_namespaces_have_is_refused() -> None:
    found = plan([disk(0), disk(1, serial="DISK0")], devices=["DISK0"])
    assert kinds(found) == [("DISK0", "disk ambiguous")]
    assert "nvme-Model_DISK0, /dev/disk/by-id/nvme-Model_DISK1" in found.faults[0]


def test_a_disk_named_twice_is_refused() -> None:
    found = plan([disk(0)], devices=["DISK0", "nvme-Model_DISK0"])
    assert kinds(found) == [("nvme-Model_DISK0", "disk twice")]


def test_discovery_takes_empty_nvme_disks_that_are_large_enough() -> None:
    disks = [
        disk(4),
        disk(0, transport="sata"),
        disk(1, size_bytes=99 * GIB),
        disk(2, signatures=[{"type": "gpt", "label": "", "uuid": ""}]),
        disk(3, read_only=True),
    ]
    found = plan(disks, discover=True)
    assert (found.faults, found.disks) == ((), ("DISK4",))


def test_discovery_takes_several_in_the_order_of_their_serials() -> None:
    found = plan([disk(2), disk(1)], discover=True, raid0=True)
    assert (found.faults, found.disks) == ((), ("DISK1", "DISK2"))
    assert kinds(plan([disk(2), disk(1)], discover=True)) == [("storage_raid0", "several disks")]


@pytest.mark.parametrize(
    "own",
    [
        [disk(0, signatures=[OWN_XFS], mountpoints=[PATH])],
        [member(0), member(1)],
    ],
)
def test_discovery_keeps_to_what_it_took_before(own: list[dict[str, Any]]) -> None:
    found = plan([*own, disk(5)], discover=True, raid0=True, source="/dev/x")
    assert (found.faults, found.actions) == ((), ())
    assert "DISK5" not in found.disks


def test_discovery_that_finds_nothing_says_why() -> None:
    disks = [
        disk(0, mountpoints=["/"]),
        disk(1, size_bytes=GIB),
        disk(2, read_only=True),
        disk(3, error="I/O error"),
    ]
    found = plan(disks, discover=True)
    assert kinds(found) == [("storage_discover", "no disk discovered")]
    assert (
        "DISK0: not empty; DISK1: 1.0 GiB; DISK2: read-only; DISK3: cannot be read, needed"
        in found.faults[0]
    )
    assert "found no NVMe disk, needed" in plan([], discover=True).faults[0]


def test_discovery_erases_nothing() -> None:
    held = disk(0, signatures=[{"type": "gpt", "label": "", "uuid": ""}])
    found = plan([held], discover=True, wipe_confirmed=True)
    assert kinds(found) == [("storage_discover", "no disk discovered")]
    assert found.wipe == ()
