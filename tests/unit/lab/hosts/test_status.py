"""What a status says, for programs and for people."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.hosts import status
from lab.hosts.status import HostStatus, LabStatus

LAB = LabStatus(
    name="one",
    network="10.1.0.0/24",
    bridge="bml-one",
    online=False,
    ssh_key="/c/ssh/id_ed25519",
    known_hosts="/c/labs/one/known_hosts",
    hosts=(
        HostStatus("a", "10.1.0.11", "running", True, 64 * 1024**2),
        HostStatus("b", "10.1.0.12", "stopped", False, 0),
    ),
)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-c", "import time; time.sleep(60)", "-m", status.SUPERVISOR]
    # It prints when it runs: the kernel has no arguments of a process that is still being made.
    argv[2] = f"print(flush=True); {argv[2]}"
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as started:
        assert started.stdout
        started.stdout.readline()
        yield started
        started.kill()


def test_the_table_is_for_people() -> None:
    assert status.table(LAB).splitlines() == [
        "lab one: 10.1.0.0/24 on bml-one, no route beyond its bridge",
        "  a            10.1.0.11        running   ssh answers  64 MiB",
        "  b            10.1.0.12        stopped   no ssh       0 MiB",
    ]


def test_the_dictionary_is_for_programs() -> None:
    data = LAB.as_dict()
    assert data["schema"] == 1
    assert data["hosts"][1] == {
        "name": "b",
        "address": "10.1.0.12",
        "state": "stopped",
        "ssh": False,
        "memory_bytes": 0,
    }


@pytest.mark.parametrize(("files", "state"), [(True, "stopped"), (False, "absent")])
def test_a_host_without_processes_is_stopped_or_absent(files: bool, state: str) -> None:
    assert status.state([], files) == state


def test_a_host_with_its_supervisor_is_running(process: subprocess.Popen[bytes]) -> None:
    assert status.state([process.pid], True) == "running"


def test_a_host_without_its_supervisor_is_orphaned() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        assert status.state([sleeper.pid], True) == "orphaned"
        sleeper.kill()
