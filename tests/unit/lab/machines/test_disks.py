"""Disks of a machine: their files, and how QEMU is told of them."""

from __future__ import annotations

import json
from ipaddress import IPv4Address
from pathlib import Path

from lab.machines import disks
from lab.machines.definition import Disk, Machine, Shape
from lab.machines.paths import MachinePaths

MACHINE = Machine(
    "a",
    IPv4Address("10.1.0.11"),
    Shape(1, 1024),
    (),
    (Disk("LAB0001", 1), Disk("LAB0002", 2)),
)


def test_a_disk_has_its_size_and_takes_no_room(tmp_path: Path) -> None:
    disks.make(MACHINE, MachinePaths(tmp_path))
    made = {path.name: path.stat() for path in (tmp_path / "nvme").iterdir()}
    assert {name: status.st_size for name, status in made.items()} == {
        "LAB0001.raw": 1024**3,
        "LAB0002.raw": 2 * 1024**3,
    }
    assert sum(status.st_blocks for status in made.values()) == 0


def test_what_a_disk_holds_is_kept(tmp_path: Path) -> None:
    paths = MachinePaths(tmp_path)
    disks.make(MACHINE, paths)
    with paths.nvme("LAB0001").open("r+b") as file:
        file.write(b"kept")
    disks.make(MACHINE, paths)
    with paths.nvme("LAB0001").open("rb") as file:
        assert file.read(4) == b"kept"


def test_each_disk_has_a_slot_of_its_own_and_its_serial() -> None:
    argv = disks.arguments(MACHINE, MachinePaths(Path("/c/a")))
    assert argv[::2] == ["-blockdev", "-device"] * 2
    nodes, devices = (
        [json.loads(word) for word in argv[1::4]],
        [json.loads(word) for word in argv[3::4]],
    )
    assert [node["file"]["filename"] for node in nodes] == [
        "/c/a/nvme/LAB0001.raw",
        "/c/a/nvme/LAB0002.raw",
    ]
    assert devices == [
        {
            "driver": "nvme",
            "id": f"nvme-LAB000{number}",
            "drive": nodes[number - 1]["node-name"],
            "serial": f"LAB000{number}",
            "bus": f"port{number}",
        }
        for number in (1, 2)
    ]
