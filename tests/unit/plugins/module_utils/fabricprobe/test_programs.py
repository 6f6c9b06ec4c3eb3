"""Real programs: they end at the deadline, and with whoever runs them, in whatever way it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fabricprobe.programs import (
    Programs,
)

# Runs a program that writes its number and waits for a minute.
RUNS = """
from ansible_collections.baremetal.sglang.plugins.module_utils.fabricprobe.programs import Programs
Programs(60).run(["sh", "-c", "echo $$ >{path}.new; mv {path}.new {path}; exec sleep 60"])
"""
# In which the machine starts or ends a process, however busy it is.
PATIENCE = 20


def alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return False
    return state[0] != "Z"


def ends(number: int) -> bool:
    """Whether it ends. A killed process closes its files, as its reader sees, before it is dead."""
    until = time.monotonic() + PATIENCE
    while alive(number) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(number)


def test_a_program_that_ends_returns_what_it_said() -> None:
    ran = Programs(PATIENCE).run(["sh", "-c", "echo out; echo $LC_ALL >&2; exit 3"])
    assert (ran.status, ran.printed, ran.errors, ran.in_time) == (3, "out\n", "C\n", True)


def test_the_deadline_ends_the_program_and_what_it_started(tmp_path: Path) -> None:
    number = tmp_path / "number"
    script = f"sleep 60 & echo $! >{number}; echo started; wait"
    ran = Programs(2).run(["sh", "-c", script])
    assert (ran.in_time, ran.printed) == (False, "started\n")
    assert ends(int(number.read_text()))


def test_programs_share_one_deadline() -> None:
    programs = Programs(1)
    programs.wait(60)
    assert programs.left() == 0
    assert not programs.run(["sleep", "60"]).in_time


def test_whether_a_program_is_there() -> None:
    assert not Programs(1).missing("sh")
    assert Programs(1).missing("no-such-program-anywhere")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_program_outlives_who_runs_it(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "number"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    runs = subprocess.Popen([sys.executable, "-c", RUNS.format(path=path)], env=environment)
    try:
        until = time.monotonic() + PATIENCE
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.05)
        program = int(path.read_text())
        assert alive(program)
        runs.send_signal(number)
        runs.wait(PATIENCE)
        assert ends(program)
    finally:
        runs.kill()
        runs.wait()


def test_the_handlers_of_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    Programs(PATIENCE).run(["true"])
    assert signal.getsignal(signal.SIGTERM) == before
