"""A lab's life: up, again, reboot, power off, up, down."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lab.hosts import lifecycle, traces
from lab.hosts.paths import Cache
from tests.lab_hosts import machine
from tests.lab_hosts.conftest import BootedLab, MakeLab

BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


@pytest.fixture(scope="module")
def lab(make_lab: MakeLab) -> BootedLab:
    lab = make_lab("tlife", 241, a={}, b={})
    lab.run("up")
    return lab


def wait_for_new_boot(lab: BootedLab, host: str, old: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        process = lab.start("exec", host, "--", *BOOT_ID.split())
        if (boot := process.communicate()[0].strip()) and boot != old:
            return
        time.sleep(0.3)
    pytest.fail(f"{host} did not come back")


def test_hosts_run_a_whole_system_with_a_state_of_running(lab: BootedLab) -> None:
    for host in lab.hosts:
        assert lab.on(host, "systemctl is-system-running --wait") == "running"
        assert lab.on(host, "hostname") == host


def test_status_tells_where_each_host_answers(lab: BootedLab) -> None:
    status = lab.status()
    assert [(h["name"], h["address"], h["state"], h["ssh"]) for h in status["hosts"]] == [
        ("a", "10.79.241.11", "running", True),
        ("b", "10.79.241.12", "running", True),
    ]
    assert status["online"] is False


def test_known_hosts_holds_a_real_key_for_each_host(lab: BootedLab) -> None:
    lines = Path(lab.status()["known_hosts"]).read_text().splitlines()
    keys = [lab.on(h, "cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub") for h in lab.hosts]
    assert lines == [f"a,10.79.241.11 {keys[0]}", f"b,10.79.241.12 {keys[1]}"]
    assert keys[0] != keys[1]


def test_hosts_have_machine_ids_of_their_own(lab: BootedLab) -> None:
    assert lab.on("a", "cat /etc/machine-id") != lab.on("b", "cat /etc/machine-id")


def test_up_again_leaves_running_hosts_alone(lab: BootedLab) -> None:
    boots = [lab.on(host, BOOT_ID) for host in lab.hosts]
    lab.run("up")
    assert [lab.on(host, BOOT_ID) for host in lab.hosts] == boots


def test_up_holds_no_pipe_of_its_caller_open(make_lab: MakeLab) -> None:
    lab = make_lab("tpipe", 243, a={})
    process = lab.start("up")
    assert process.stdout is not None
    text = process.stdout.read()  # ends only when no process has the pipe open
    process.communicate()
    assert "1 hosts up" in text
    supervisors = machine.pids("tpipe", "a", "lab.hosts.supervisor")
    assert [os.getsid(pid) for pid in supervisors] == supervisors


def test_a_reboot_gives_a_new_boot_and_clean_groups_and_keeps_files(lab: BootedLab) -> None:
    lab.on("a", "mkdir -p /sys/fs/cgroup/memory/kubepods/pod1; echo kept > /var/lib/kept")
    old = lab.on("a", BOOT_ID)
    lab.start("exec", "a", "--", "systemctl", "reboot").communicate()
    wait_for_new_boot(lab, "a", old)
    assert lab.on("a", "cat /var/lib/kept; ls -d /sys/fs/cgroup/memory/kubepods || true") == (
        "kept\nls: cannot access '/sys/fs/cgroup/memory/kubepods': No such file or directory"
    )
    assert lab.states() == {"a": "running", "b": "running"}


def test_a_host_that_was_powered_off_comes_up_with_its_files(lab: BootedLab) -> None:
    lab.on("b", "echo kept > /etc/kept")
    lab.start("exec", "b", "--", "systemctl", "poweroff").communicate()
    deadline = time.monotonic() + 30
    while lab.states()["b"] != "stopped" and time.monotonic() < deadline:
        time.sleep(0.3)
    assert lab.states() == {"a": "running", "b": "stopped"}
    boot = lab.on("a", BOOT_ID)
    lab.run("up")
    assert lab.on("b", "cat /etc/kept") == "kept"
    assert lab.on("a", BOOT_ID) == boot


def test_ansible_reboots_a_host(lab: BootedLab, tmp_path: Path) -> None:
    status = lab.status()
    known = f"-o UserKnownHostsFile={status['known_hosts']}"
    argv = ["ansible", "all", "--inventory", "10.79.241.11,", "--module-name", "reboot"]
    argv += ["--user", "root", "--private-key", status["ssh_key"], f"--ssh-common-args={known}"]
    old = lab.on("a", BOOT_ID)
    done = subprocess.run(
        [*argv, "--args", "reboot_timeout=60"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"rebooted": true' in done.stdout
    assert lab.on("a", BOOT_ID) != old


def test_two_commands_that_bring_up_the_same_lab_wait_for_each_other(make_lab: MakeLab) -> None:
    lab = make_lab("tboth", 239, a={})
    both = [lab.start("up"), lab.start("up")]
    said = sorted(process.communicate()[0].count("ssh answers") for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said == [1, 1]
    assert len(machine.pids("tboth", "a", "lab.hosts.supervisor")) == 1


def test_a_host_that_does_not_boot_is_an_error_with_its_last_words(make_lab: MakeLab) -> None:
    lab = make_lab("tbroken", 238, a={}, b={})
    lab.run("up")
    lab.on("a", "mv /usr/lib/systemd/systemd /usr/lib/systemd/gone; rm /usr/sbin/init; sync")
    for pid in machine.pids("tbroken", "a", "--machine=bml."):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while lab.states()["a"] != "stopped" and time.monotonic() < deadline:
        time.sleep(0.1)
    said = lab.run("up", status=1)
    assert "error: host a: stopped before its ssh server answered" in said
    assert "execv(/usr/lib/systemd/systemd, /lib/systemd/systemd, /sbin/init) failed" in said
    assert lab.states() == {"a": "stopped", "b": "running"}


def test_exec_returns_the_commands_own_exit_status(lab: BootedLab) -> None:
    lab.run("exec", "a", "--", "sh", "-c", "exit 7", status=7)


def test_an_unknown_host_is_refused_with_the_known_ones(lab: BootedLab) -> None:
    assert lab.run("exec", "c", "--", "true", status=1) == (
        "error: lab tlife has no host c; it has a, b\n"
    )


def test_a_missing_bundle_is_refused_with_the_command_that_builds_it(make_lab: MakeLab) -> None:
    lab = make_lab("tbundle", 244, a={"bundle": "/srv/bundle"})
    assert lab.run("up", "--bundle", "/nonexistent", status=1) == (
        "error: no bundle at /nonexistent, which the lab file gives to a (at /srv/bundle); "
        "build it: python -m lab.bundle\n"
    )
    assert not any(lab.traces().values())


def test_a_bundle_is_seen_read_only(make_lab: MakeLab, tmp_path: Path) -> None:
    lab = make_lab("tbundle", 244, a={"bundle": "/srv/bundle"})
    (tmp_path / "bundle.yml").write_text("schema: 1\n")
    lab.run("up", "--bundle", str(tmp_path))
    assert lab.on("a", "cat /srv/bundle/bundle.yml") == "schema: 1"
    assert "Read-only file system" in lab.on("a", "touch /srv/bundle/x", status=1)


def test_down_removes_everything_that_up_made(make_lab: MakeLab) -> None:
    lab = make_lab("tdown", 245, a={"disk": 1}, b={})
    lab.run("up")
    kinds = {kind for kind, found in lab.traces().items() if found}
    assert kinds == {"processes", "links", "cgroups", "loops"}
    lab.run("down")
    assert not any(lab.traces().values())


def test_labs_are_found_without_their_files(make_lab: MakeLab) -> None:
    """``down --all`` itself would take other people's labs; what it goes by is asked instead."""
    lab = make_lab("tall", 246, a={})
    lab.run("up")
    shutil.rmtree(Path(lab.status()["known_hosts"]).parent / "hosts" / "a" / "work")
    lab.file.unlink()
    assert "tall" in traces.labs(Cache.from_environment())
    lifecycle.down(Cache.from_environment(), "tall", print)
    assert not any(lab.traces().values())
