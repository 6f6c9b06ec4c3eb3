"""Machines are found among the processes of the system and ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.machines import processes
from lab.machines.names import Handle

SLEEP = "import time; print(1, flush=True); time.sleep(60)"
HANDLES = [Handle("unit-kill", name) for name in ("a", "b", "c")]


@pytest.fixture
def sleeping() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that have the command lines of machines."""
    started = [
        subprocess.Popen(
            ["qemu-system-x86_64", "-c", SLEEP, "-name", str(handle)],
            executable=sys.executable,
            stdout=subprocess.PIPE,
        )
        for handle in HANDLES
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_all_machines_of_a_lab_are_ended(sleeping: list[subprocess.Popen[bytes]]) -> None:
    found = (handle for handle in processes.find() if handle.lab == "unit-kill")
    assert processes.kill(found) == 3
    assert [process.wait(5) for process in sleeping] == [-9, -9, -9]


def test_a_machine_that_is_not_named_goes_on(sleeping: list[subprocess.Popen[bytes]]) -> None:
    assert processes.kill(HANDLES[:1]) == 1
    assert sleeping[0].wait(5) == -9
    assert [handle for handle in processes.find() if handle.lab == "unit-kill"] == HANDLES[1:]
