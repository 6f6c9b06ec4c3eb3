"""Machines have a kernel, a clock and a disk of their own, and Ansible reaches them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

from tests.machines import booted
from tests.machines.booted import Booted


def test_ansible_reaches_both_machines(machines: Booted, inventory: Path) -> None:
    done = booted.ansible("ansible", "-i", str(inventory), "all", "-m", "ansible.builtin.ping")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ping: pong") == 2


def test_a_copy_is_a_machine_of_its_own(machines: Booted) -> None:
    def identity(name: str) -> list[str]:
        script = "hostname; cat /etc/machine-id /sys/class/net/eth0/address; hostname -I"
        return machines.on(name, script).split()

    first, second = identity("vm1"), identity("vm2")
    assert first[0] == "vm1"
    assert second[0] == "vm2"
    assert [first[-1], second[-1]] == ["10.79.10.11", "10.79.10.12"]
    assert not set(first) & set(second)


def test_machines_reach_each_other_and_nothing_else(machines: Booted) -> None:
    banner = "timeout 20 bash -c 'head -c 4 </dev/tcp/10.79.10.12/22'"
    assert machines.on("vm1", banner) == "SSH-"
    assert machines.on("vm1", "ip -4 route show default; ip -6 route show default") == ""


def test_a_machine_has_a_kernel_of_its_own(machines: Booted) -> None:
    kernel = machines.on("vm1", "uname -r")
    assert kernel != os.uname().release
    assert machines.on("vm1", "modprobe rdma_rxe; grep -c ^rdma_rxe /proc/modules") == "1"
    machines.on("vm1", "modprobe -r rdma_rxe")
    assert not _sysctl_of_this_machine_follows(machines)


def test_cgroup_v2_stands_alone(machines: Booted) -> None:
    assert machines.on("vm1", "stat -f -c %T /sys/fs/cgroup") == "cgroup2fs"
    assert "memory" in machines.on("vm1", "cat /sys/fs/cgroup/cgroup.controllers").split()
    assert machines.on("vm1", "grep -c ' cgroup ' /proc/mounts || true") == "0"


def test_the_clock_is_right_after_a_resume(machines: Booted) -> None:
    before = time.time()
    there = float(machines.on("vm1", "date +%s.%N"))
    assert before - 3 < there < time.time() + 3


def test_nothing_failed_at_boot(machines: Booted) -> None:
    assert machines.on("vm1", "systemctl list-units --failed --no-legend --plain") == ""


def test_up_again_changes_nothing(machines: Booted) -> None:
    before = machines.on("vm1", "cat /proc/sys/kernel/random/boot_id")
    booted.command("up")
    assert machines.on("vm1", "cat /proc/sys/kernel/random/boot_id") == before


def test_the_bridge_is_the_only_interface_that_stays_with_the_lab(machines: Booted) -> None:
    said = subprocess.run(
        ["ip", "-json", "link", "show", "master", "bmm-mtests"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = [link["ifname"] for link in json.loads(said)]
    assert len(names) == 2
    assert all(name.startswith("bmm") for name in names)


def _sysctl_of_this_machine_follows(machines: Booted) -> bool:
    """Return whether a value that is set in a machine shows on this one."""
    own = Path("/proc/sys/vm/swappiness")
    before = own.read_text()
    machines.on("vm1", "sysctl -qw vm.swappiness=17")
    return own.read_text() != before
