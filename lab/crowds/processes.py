"""Programs that outlive the command that starts them, found again by what they were started with.

Every program of a crowd has a path below the crowd's directory among its arguments. Asking the
system for these needs no record that a killed command could leave behind wrong.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from lab.crowds.programs import Program
from lab.hosts.errors import LabError

STOP_SECONDS = 20.0
PAUSE_SECONDS = 0.1
PROC = Path("/proc")


def start(program: Program, directory: Path) -> None:
    """Start a program in a session of its own; what it prints lands in `directory`."""
    with (directory / f"{program.name}.log").open("wb") as log:
        subprocess.Popen(
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def running(directory: Path, *, proc: Path = PROC) -> dict[int, str]:
    """Process id -> path of the program, of all that were started for `directory`."""
    found = {}
    for entry in proc.glob("[0-9]*/cmdline"):
        program, *arguments = _command_line(entry)
        if any(f"{directory}/" in argument for argument in arguments) and "/parts/" in program:
            found[int(entry.parent.name)] = program
    return found


def _command_line(entry: Path) -> list[str]:
    try:
        return entry.read_bytes().decode(errors="replace").split("\0")
    except OSError:  # the process has ended
        return [""]


def stop(directory: Path) -> None:
    """End all programs of `directory` by force, since their data goes with them.

    Raises `LabError` when one is still there after 20 s.
    """
    deadline = time.monotonic() + STOP_SECONDS
    while found := running(directory):
        if time.monotonic() > deadline:
            left = ", ".join(f"{pid} ({Path(name).name})" for pid, name in found.items())
            raise LabError(
                f"crowd {directory.name}: processes {left} do not end; look at their state"
            )
        _kill(found)
        _reap()
        time.sleep(PAUSE_SECONDS)


def _kill(processes: Iterable[int]) -> None:
    for pid in processes:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _reap() -> None:
    """Collect children of this very process, which else stay as zombies without arguments."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return
