"""QEMU processes of machines, found by their handle in the system's own list.

State files are not asked: they may be older than what a killed command did.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from lab.hosts import cgroups, network, traces
from lab.hosts.commands import run
from lab.hosts.errors import LabError
from lab.machines import names, qemu
from lab.machines.names import Handle

KILL_SECONDS = 20.0


def find() -> dict[Handle, int]:
    """Return the process of each running machine."""
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        pid = int(directory.name)
        handle = handle_of(traces.arguments(pid))
        if handle and cgroups.is_alive(pid):
            found[handle] = pid
    return found


def handle_of(arguments: Iterable[str]) -> Handle | None:
    """Return the machine that a command line runs, or None where it runs something else."""
    words = list(arguments)
    if not words or Path(words[0]).name != qemu.PROGRAM or "-name" not in words[:-1]:
        return None
    return Handle.parse(words[words.index("-name") + 1])


def is_running(handle: Handle) -> bool:
    return handle in find()


def start(argv: list[str], handle: Handle, *, bridge: str = "") -> None:
    """Start a machine and plug its tap into ``bridge`` (empty: nowhere).

    Raises LabError with what QEMU says.
    """
    # Unlike other programs, a machine must not keep the lab's lock.
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LabError(f"machine {handle}: {done.stderr.strip() or done.returncode}")
    if bridge:
        run(["ip", "link", "set", names.tap(handle), "alias", str(handle), "master", bridge, "up"])


def kill(handles: Iterable[Handle]) -> int:
    """End the machines at once, as a loss of power would; return how many ran.

    Raises LabError where one outlives KILL_SECONDS.
    """
    wanted = frozenset(handles)
    running = {handle: pid for handle, pid in find().items() if handle in wanted}
    for pid in running.values():
        cgroups.kill_process(pid)
    deadline = time.monotonic() + KILL_SECONDS
    for handle, pid in running.items():
        while cgroups.is_alive(pid):
            if time.monotonic() > deadline:
                raise LabError(f"machine {handle}: process {pid} survives SIGKILL")
            time.sleep(0.02)
        network.remove_link(names.tap(handle))
    return len(running)
