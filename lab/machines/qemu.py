"""The QEMU command of a machine, as a value, and the program that this machine has."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.hosts.commands import SYSTEM_PATH, run
from lab.hosts.errors import LabError
from lab.machines import names
from lab.machines.definition import MOST_DISKS, SHARES, Shape
from lab.machines.names import Handle
from lab.machines.paths import MachinePaths

PROGRAM = "qemu-system-x86_64"
TUN = Path("/dev/net/tun")
AGENT_PORT = "org.qemu.guest_agent.0"
CPU_MODELS = {"kvm": "host", "tcg": "max"}
ACCELERATORS = {"kvm": "kvm", "tcg": "tcg,thread=multi"}
_VERSION = re.compile(r"QEMU emulator version (?P<version>(?P<major>\d+)[\d.]+)")


@dataclass(frozen=True)
class Qemu:
    """The program of this machine: its full version, and the accelerator that works here."""

    version: str
    accelerator: str

    def argv(
        self, handle: Handle, shape: Shape, paths: MachinePaths, shares: Mapping[str, Path]
    ) -> list[str]:
        """Return the command of a machine. All machines of a shape have the same devices.

        ``shares`` are the directories that this one sees, by name; for the others of SHARES the
        empty directory ``paths.nothing`` stands.
        """
        argv = [PROGRAM, "-name", str(handle), "-daemonize", "-nodefaults"]
        argv += ["-machine", "q35", "-accel", ACCELERATORS[self.accelerator]]
        argv += ["-cpu", CPU_MODELS[self.accelerator], "-smp", str(shape.cpus)]
        argv += ["-m", str(shape.memory_mib), "-rtc", "base=utc"]
        argv += ["-display", "none", "-vga", "none", "-serial", f"file:{paths.console}"]
        argv += ["-D", str(paths.log), "-qmp", f"unix:{paths.qmp},server=on,wait=off"]
        argv += _disk(paths)
        argv += _agent(paths)
        argv += _network(handle)
        for name in SHARES:
            argv += _share(name, shares.get(name, paths.nothing))
        # Empty slots, into which disks can be plugged while the machine runs.
        for number in range(1, MOST_DISKS + 1):
            port = f"pcie-root-port,id=port{number},chassis={number},slot={number},bus=pcie.0"
            argv += ["-device", port]
        return argv


def parse_version(said: str) -> tuple[int, str]:
    """Return the major and the full version of ``qemu-system-x86_64 --version``.

    Raises LabError where ``said`` holds none.
    """
    found = _VERSION.match(said)
    if not found:
        raise LabError(f"{PROGRAM} --version says {said!r}; needed is a version of QEMU")
    return int(found["major"]), found["version"]


def installed() -> tuple[int, str] | None:
    """Return the major and the full version of this machine's QEMU, or None without one."""
    if not shutil.which(PROGRAM, path=SYSTEM_PATH):
        return None
    return parse_version(run([PROGRAM, "--version"]))


def _disk(paths: MachinePaths) -> list[str]:
    drive = f"file={paths.disk},format=qcow2,if=none,id=root,cache=unsafe,discard=unmap"
    return ["-drive", drive, "-device", "virtio-blk-pci,drive=root,bootindex=1"]


def _agent(paths: MachinePaths) -> list[str]:
    return [
        *("-chardev", f"socket,id=agent,path={paths.agent},server=on,wait=off"),
        *("-device", "virtio-serial-pci"),
        *("-device", f"virtserialport,chardev=agent,name={AGENT_PORT}"),
        *("-device", "virtio-rng-pci"),
        # Tells a resumed copy to draw new random numbers.
        *("-device", "vmgenid,guid=auto"),
    ]


def _network(handle: Handle) -> list[str]:
    # QEMU makes the tap and takes it along when it ends, however it ends.
    tap = f"tap,id=link,ifname={names.tap(handle)},script=no,downscript=no"
    card = f"virtio-net-pci,netdev=link,mac={names.mac(handle)},romfile="
    return ["-netdev", tap, "-device", card]


def _share(name: str, directory: Path) -> list[str]:
    source = f"local,id={name},path={directory},readonly=on,security_model=passthrough"
    return ["-fsdev", source, "-device", f"virtio-9p-pci,fsdev={name},mount_tag={name}"]
