"""Whether this machine's KVM boots the machines' kernel: asked by booting it.

/dev/kvm alone says little: in a nested or paravirtual machine it may be there and not work.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path

from lab.machines import qemu

KVM = Path("/dev/kvm")
SECONDS = 30.0
# What the kernel says when it has started all of itself and finds no disk.
BOOTED = "Unable to mount root fs"
# What QEMU says of an instruction that KVM cannot run; it then stops the machine and stays.
FAILED = "KVM internal error"


def choose(kernel: Path) -> str:
    """Return ``kvm`` where ``kernel`` boots with it on this machine, else ``tcg``."""
    return "kvm" if KVM.exists() and _boots(kernel) else "tcg"


def argv(kernel: Path) -> list[str]:
    """Return the command that boots ``kernel`` with KVM until it finds no disk, and then ends."""
    command = [qemu.PROGRAM, "-name", "bmm-accelerator", "-nodefaults", "-machine", "q35"]
    command += ["-accel", "kvm", "-cpu", qemu.CPU_MODELS["kvm"], "-m", "512"]
    command += ["-display", "none", "-vga", "none", "-serial", "stdio", "-no-reboot"]
    return [*command, "-kernel", str(kernel), "-append", "console=ttyS0 panic=-1"]


def verdict(lines: Iterable[str]) -> bool:
    """Return whether what QEMU and the kernel say tells of a whole boot."""
    for line in lines:
        if BOOTED in line:
            return True
        if FAILED in line:
            return False
    return False


def _boots(kernel: Path) -> bool:
    with subprocess.Popen(
        argv(kernel),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        try:
            return verdict(process.stdout or ())
        finally:
            limit.cancel()
            process.kill()
