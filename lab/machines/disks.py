"""NVMe disks of a machine: files of this machine, plugged into its empty PCIe slots.

A saved machine has none, for QEMU cannot save them: a copy gets its disks when it runs, a machine
that boots from its own disk has them from the start.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from lab.hosts.errors import LabError
from lab.machines import agent, qmp
from lab.machines.definition import Disk, Machine
from lab.machines.paths import MachinePaths

# A guest without acceleration takes some seconds to notice.
SECONDS = 120.0
POLL_SECONDS = 0.1
PERIPHERALS = "/machine/peripheral"


def make(machine: Machine, paths: MachinePaths) -> None:
    """Make the files of the machine's disks that are not there: empty, and without blocks."""
    for disk in machine.disks:
        file = paths.nvme(disk.serial)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as opened:
                opened.truncate(disk.gib * 1024**3)


def arguments(machine: Machine, paths: MachinePaths) -> list[str]:
    """Return what QEMU's command has of the disks, for a machine that boots with them."""
    argv = []
    for disk in machine.disks:
        argv += ["-blockdev", json.dumps(node(disk, paths))]
        argv += ["-device", json.dumps(device(machine, disk))]
    return argv


def plug(machine: Machine, disk: Disk, paths: MachinePaths) -> None:
    """Plug ``disk`` into the running machine and wait until it sees the disk. Raises LabError."""
    with qmp.monitor(paths.qmp) as monitor:
        monitor.ask("blockdev-add", **node(disk, paths))
        monitor.ask("device_add", **device(machine, disk))
    _wait_in_machine(disk, paths, "--initialized=true")


def unplug(disk: Disk, paths: MachinePaths) -> None:
    """Take ``disk`` out of the running machine and wait until it is gone there. Raises LabError."""
    name = device_name(disk)
    with qmp.monitor(paths.qmp) as monitor:
        monitor.ask("device_del", id=name)
        deadline = time.monotonic() + SECONDS
        while name in {found["name"] for found in monitor.ask("qom-list", path=PERIPHERALS)}:
            if time.monotonic() > deadline:
                raise LabError(f"{paths.root}: the machine keeps {name} after {SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        monitor.ask("blockdev-del", **{"node-name": node_name(disk)})
    _wait_in_machine(disk, paths, "--removed")


def node(disk: Disk, paths: MachinePaths) -> Mapping[str, Any]:
    """Return QEMU's block node of the disk's file."""
    return {
        "driver": "raw",
        "node-name": node_name(disk),
        # As the root disk: what this machine loses in a crash nobody misses.
        "cache": {"no-flush": True},
        "discard": "unmap",
        "file": {"driver": "file", "filename": str(paths.nvme(disk.serial))},
    }


def device(machine: Machine, disk: Disk) -> Mapping[str, Any]:
    """Return QEMU's device of the disk, in the slot of its place in the lab file."""
    port = machine.disks.index(disk) + 1
    return {
        "driver": "nvme",
        "id": device_name(disk),
        "drive": node_name(disk),
        "serial": disk.serial,
        "bus": f"port{port}",
    }


def node_name(disk: Disk) -> str:
    return f"file-{disk.serial}"


def device_name(disk: Disk) -> str:
    return f"nvme-{disk.serial}"


def link(disk: Disk) -> str:
    """Return the name that udev gives the disk in the machine."""
    return f"/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_{disk.serial}"


def _wait_in_machine(disk: Disk, paths: MachinePaths, condition: str) -> None:
    argv = ["udevadm", "wait", f"--timeout={SECONDS:.0f}", condition, link(disk)]
    agent.run(paths.agent, argv, seconds=SECONDS)
