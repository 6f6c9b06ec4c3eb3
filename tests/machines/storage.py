"""A site whose first machine keeps the models on two disks and serves them to the second."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.lab_driver import changed_hosts
from tests.machines import booted
from tests.machines.booted import Booted

ROOT = "/var/lib/baremetal-sglang/models"
SHARD = f"{ROOT}/shard"
DISKS = ["LAB0001", "LAB0002"]
# Large enough for several reads of NFS, small enough for a machine without acceleration.
SHARD_MIB = 24
BOOT_SECONDS = 600


@dataclass(frozen=True)
class Play:
    """One run of phase storage: exit status, output, changes of each machine."""

    status: int
    output: str
    changed: dict[str, int]


@dataclass(frozen=True)
class StorageSite:
    """The machines, and the inventory that names their disks."""

    machines: Booted
    inventory: Path

    def play(self, *arguments: str) -> Play:
        """Run phase storage on both machines."""
        return self._run("baremetal.sglang.storage", *arguments)

    def release(self) -> Play:
        """Undo the storage as the reset does, NFS on both machines first."""
        return self._run(str(Path(__file__).with_name("storage_reset.yml")))

    def _run(self, playbook: str, *arguments: str) -> Play:
        started = time.monotonic()
        done = booted.ansible("ansible-playbook", playbook, "-i", str(self.inventory), *arguments)
        output = done.stdout + done.stderr
        print(f"\n{' '.join([playbook, *arguments])}: {time.monotonic() - started:.0f} s")
        return Play(done.returncode, output, changed_hosts(output))

    def on(self, machine: str, script: str) -> str:
        """Run a shell script on a machine as root; return its stdout."""
        return self.machines.on(machine, script)

    def digest(self, machine: str, path: str = SHARD) -> str:
        """SHA-256 of a file as a machine reads it, not as it remembers it."""
        read = f"echo 3 >/proc/sys/vm/drop_caches; sha256sum {path}"
        return self.on(machine, read).split()[0]


def make(machines: Booted, directory: Path) -> StorageSite:
    """Write the inventory below ``directory``."""
    place = machines.write_inventory(directory)
    file = place / "hosts.yml"
    inventory = yaml.safe_load(file.read_text(encoding="utf-8"))
    everything = inventory["all"]
    everything["vars"]["site_nfs_server"] = "vm1"
    everything["hosts"]["vm1"] |= {"site_storage_devices": DISKS, "site_storage_raid0": True}
    everything["children"]["serving"]["hosts"] = {"vm1": None, "vm2": None}
    file.write_text(yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")
    return StorageSite(machines, place)


def reboot(machines: Booted, name: str) -> None:
    """Let a machine boot again, and wait until it answers with another boot."""
    ask = "cat /proc/sys/kernel/random/boot_id"
    before = machines.on(name, ask)
    machines.on(name, "systemctl reboot", check=False)
    deadline = time.monotonic() + BOOT_SECONDS
    while machines.on(name, ask, check=False) in ("", before):
        assert time.monotonic() < deadline, f"{name} does not come back"
        time.sleep(2)
    # What the boot starts must have been started, or have failed.
    machines.on(name, "systemctl is-system-running --wait", check=False)
