"""A site whose first machine keeps the models on two disks and serves them to the second."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.lab_driver import changed_hosts
from tests.machines import booted
from tests.machines.booted import Booted

ROOT = "/var/lib/baremetal-sglang/models"
SHARD = f"{ROOT}/shard"
DISKS = ["LAB0001", "LAB0002"]
SERVER = "10.79.10.11"
BOOT_SECONDS = 600
RDMA = ("-e", "site_nfs_rdma=true")
WIPE = ("-e", "site_storage_wipe_confirmed=true")


@dataclass(frozen=True)
class Play:
    """One run of phases: exit status, output, changes of each machine."""

    status: int
    output: str
    changed: dict[str, int]

    def changed_by(self, role: str) -> list[str]:
        """The tasks of a role that changed a machine."""
        blocks = self.output.split("\nTASK [")
        return [block for block in blocks if f".{role} :" in block[:80] and "\nchanged: [" in block]


@dataclass(frozen=True)
class StorageSite:
    """The machines, and the inventory that names their disks."""

    machines: Booted
    inventory: Path

    def play(self, *arguments: str, phases: Sequence[str] = ("storage",)) -> Play:
        """Run phases on both machines, one after the other."""
        return self._run(*arguments, playbooks=[f"baremetal.sglang.{phase}" for phase in phases])

    def release(self, *arguments: str) -> Play:
        """Undo the storage as the reset does, NFS on both machines first."""
        return self._run(*arguments, playbooks=[str(Path(__file__).with_name("storage_reset.yml"))])

    def _run(self, *arguments: str, playbooks: Sequence[str]) -> Play:
        started = time.monotonic()
        argv = [*playbooks, "-i", str(self.inventory), *arguments]
        done = booted.ansible("ansible-playbook", *argv)
        output = done.stdout + done.stderr
        (self.inventory.parent / f"{time.time_ns()}.log").write_text(output)
        print(f"\n{' '.join([*playbooks, *arguments])}: {time.monotonic() - started:.0f} s")
        return Play(done.returncode, output, changed_hosts(output))

    def on(self, machine: str, script: str) -> str:
        """Run a shell script on a machine as root; return its stdout."""
        return self.machines.on(machine, script)

    def digest(self, machine: str, path: str = SHARD) -> str:
        """SHA-256 of a file as a machine reads it, not as it remembers it."""
        read = f"echo 3 >/proc/sys/vm/drop_caches; sha256sum {path}"
        return self.on(machine, read).split()[0]

    def signatures(self) -> str:
        """What lies on the disks of the first machine."""
        return self.on("vm1", "for disk in /dev/nvme*n1; do wipefs --json $disk; done")

    def mounts(self, machine: str) -> list[dict[str, str]]:
        """What is mounted at the place for models, as the kernel says."""
        ask = f"findmnt --json --mountpoint {ROOT} -o SOURCE,FSTYPE,OPTIONS || true"
        said = self.on(machine, ask)
        return list(json.loads(said)["filesystems"]) if said else []

    def transports(self) -> set[str]:
        """Transports of the second machine's mount at the place for models."""
        text = self.on("vm2", "cat /proc/self/mountstats")
        block = text.partition(f" mounted on {ROOT} with")[2].partition("\ndevice ")[0]
        return set(re.findall(r"xprt:\s+(\w+)", block))


def make(machines: Booted, directory: Path, **values: Any) -> StorageSite:
    """Write the inventory, with ``values`` of the site, below ``directory``."""
    place = machines.write_inventory(directory)
    file = place / "hosts.yml"
    inventory = yaml.safe_load(file.read_text(encoding="utf-8"))
    everything = inventory["all"]
    everything["vars"] |= {"site_nfs_server": "vm1", **values}
    everything["hosts"]["vm1"] |= {"site_storage_devices": DISKS, "site_storage_raid0": True}
    everything["children"]["serving"]["hosts"] = {"vm1": None, "vm2": None}
    file.write_text(yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")
    return StorageSite(machines, place)


def boot_id(machines: Booted, name: str) -> str:
    """What the kernel calls its boot; empty where the machine does not answer."""
    return machines.on(name, "cat /proc/sys/kernel/random/boot_id", check=False)


def wait_for_boot(machines: Booted, name: str, before: str) -> None:
    """Wait until a machine answers with another boot than ``before``, and that boot is over."""
    deadline = time.monotonic() + BOOT_SECONDS
    while boot_id(machines, name) in ("", before):
        assert time.monotonic() < deadline, f"{name} does not come back"
        time.sleep(2)
    # What the boot starts must have been started, or have failed.
    machines.on(name, "systemctl is-system-running --wait", check=False)
