"""Whatever is killed, ``down`` leaves nothing and ``up`` gives running hosts again."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.lab_hosts import machine
from tests.lab_hosts.conftest import BootedLab, MakeLab

SUPERVISOR = "lab.hosts.supervisor"
NSPAWN = "--machine=bml."
GUEST = "/lib/systemd/systemd"


@pytest.fixture
def lab(make_lab: MakeLab) -> BootedLab:
    return make_lab("tkilled", 247, a={}, b={"disk": 1})


def kill(lab: BootedLab, host: str, programs: Sequence[str]) -> None:
    pids = [pid for program in programs for pid in machine.pids(lab.name, host, program)]
    assert len(pids) >= len(programs)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def assert_nothing_left(lab: BootedLab) -> None:
    assert {kind: found for kind, found in lab.traces().items() if found} == {}


@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.8])
def test_down_cleans_up_after_up_was_killed(lab: BootedLab, seconds: float) -> None:
    process = lab.start("up")
    time.sleep(seconds)
    process.kill()
    process.communicate()
    lab.run("down")
    assert_nothing_left(lab)


@pytest.mark.parametrize("seconds", [0.2, 0.5, 0.9, 1.4])
def test_up_finishes_what_a_killed_up_began(lab: BootedLab, seconds: float) -> None:
    process = lab.start("up")
    time.sleep(seconds)
    process.kill()
    process.communicate()
    lab.run("up")
    assert lab.states() == {"a": "running", "b": "running"}
    assert lab.on("b", "systemctl is-system-running --wait") == "running"


@pytest.mark.parametrize(
    ("programs", "state"),
    [
        ([NSPAWN], "stopped"),
        ([SUPERVISOR], "orphaned"),
        ([SUPERVISOR, NSPAWN], "orphaned"),
        ([GUEST], "stopped"),
    ],
    ids=["nspawn", "supervisor", "supervisor and nspawn", "the host's systemd"],
)
def test_a_killed_host_is_seen_and_comes_up_again(
    lab: BootedLab, programs: list[str], state: str
) -> None:
    lab.run("up")
    lab.on("b", "echo kept > /etc/kept && sync")
    kill(lab, "b", programs)
    deadline = time.monotonic() + 20
    while lab.states()["b"] != state and time.monotonic() < deadline:
        time.sleep(0.1)
    assert lab.states() == {"a": "running", "b": state}
    lab.run("up")
    assert lab.states() == {"a": "running", "b": "running"}
    assert lab.on("b", "cat /etc/kept") == "kept"


def test_down_cleans_up_when_launchers_and_files_are_gone(lab: BootedLab) -> None:
    lab.run("up")
    directory = Path(lab.status()["known_hosts"]).parent
    for host in lab.hosts:
        kill(lab, host, [SUPERVISOR, NSPAWN])
        (directory / "hosts" / host / "job.json").unlink()
    (directory / "status.json").unlink()
    shutil.rmtree(directory / "hosts" / "a" / "upper" / "etc")
    lab.run("down")
    assert_nothing_left(lab)


def test_down_cleans_up_while_a_host_reboots(lab: BootedLab) -> None:
    lab.run("up")
    lab.start("exec", "a", "--", "systemctl", "reboot", "--force", "--force").communicate()
    lab.run("down")
    assert_nothing_left(lab)


def test_down_removes_processes_that_ignore_signals_and_pods_groups(lab: BootedLab) -> None:
    lab.run("up")
    lab.on(
        "a",
        "mkdir -p /sys/fs/cgroup/memory/kubepods/pod1/container;"
        'systemd-run --quiet sh -c \'trap "" TERM HUP INT; echo $$ >'
        " /sys/fs/cgroup/memory/kubepods/pod1/container/cgroup.procs; exec sleep 1000'",
    )
    lab.run("down")
    assert_nothing_left(lab)


@pytest.mark.parametrize("seconds", [0.4, 0.8, 1.2])
def test_a_gateway_that_was_half_made_is_made_anew_and_goes_with_down(
    lab: BootedLab, seconds: float
) -> None:
    process = lab.start("up", "--online")
    time.sleep(seconds)
    process.kill()
    process.communicate()
    lab.run("down")
    assert_nothing_left(lab)
    process = lab.start("up", "--online")
    time.sleep(seconds)
    process.kill()
    process.communicate()
    for host in lab.hosts:  # hosts that came up so far saw no gateway, or a whole one
        for pid in machine.pids(lab.name, host, SUPERVISOR):
            os.kill(pid, signal.SIGKILL)
    lab.run("up", "--online")
    assert lab.status()["online"] is True
    assert lab.on("a", "ip route show default") == "default via 10.79.247.1 dev host0 proto static"
