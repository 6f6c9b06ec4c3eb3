"""A lab changes nothing of the machine, and its hosts reach nothing but each other."""

from __future__ import annotations

import time

import pytest

from tests.lab_hosts import machine
from tests.lab_hosts.conftest import BootedLab, MakeLab


@pytest.fixture(scope="module")
def pair(make_lab: MakeLab) -> tuple[BootedLab, BootedLab]:
    first = make_lab("tone", 248, a={}, b={})
    second = make_lab("ttwo", 249, a={})
    first.run("up")
    second.run("up")
    return first, second


def test_two_labs_run_beside_each_other_with_the_same_host_names(
    pair: tuple[BootedLab, BootedLab],
) -> None:
    first, second = pair
    assert first.states() == {"a": "running", "b": "running"}
    assert second.states() == {"a": "running"}
    assert first.on("a", "cat /etc/machine-id") != second.on("a", "cat /etc/machine-id")


def test_hosts_of_one_lab_reach_each_other(pair: tuple[BootedLab, BootedLab]) -> None:
    assert pair[0].on("a", "timeout 3 bash -c 'head -c 4 < /dev/tcp/10.79.248.12/22'") == "SSH-"


@pytest.mark.parametrize(
    ("what", "address"),
    [
        ("outside", "1.1.1.1/53"),
        ("another lab's host", "10.79.249.11/22"),
        ("another lab's machine address", "10.79.249.254/22"),
    ],
)
def test_hosts_reach_nothing_beyond_their_bridge(
    pair: tuple[BootedLab, BootedLab], what: str, address: str
) -> None:
    said = pair[0].on("a", f"timeout 3 bash -c '</dev/tcp/{address}' 2>&1", status=1)
    assert "Network is unreachable" in said, what


def test_hosts_have_only_the_route_of_their_own_link(pair: tuple[BootedLab, BootedLab]) -> None:
    assert pair[0].on("a", "ip -4 route; ip -6 route show default") == (
        "10.79.248.0/24 dev host0 proto kernel scope link src 10.79.248.11"
    )


def test_hosts_have_no_name_server_and_know_only_themselves(
    pair: tuple[BootedLab, BootedLab],
) -> None:
    host = pair[0]
    assert "nameserver" not in host.on("a", "cat /etc/resolv.conf")
    assert host.on("a", "cat /etc/hosts").splitlines() == [
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        "10.79.248.11 a",
    ]


def test_the_machine_is_as_before_while_a_lab_runs_and_after(make_lab: MakeLab) -> None:
    before = machine.settings()
    lab = make_lab("tsilent", 250, a={}, b={"disk": 1, "memory": 1})
    lab.run("up")
    lab.on("a", "sysctl -w vm.swappiness=7 fs.file-max=4321 kernel.panic=10 vm.overcommit_memory=1")
    lab.on("a", "sysctl -w net.ipv4.ip_forward=1 net.core.somaxconn=4444; hostname other")
    lab.on("a", "nft add table ip t; nft add chain ip t c '{ type nat hook output priority 0; }'")
    during = machine.settings()
    lab.run("down")
    after = machine.settings()
    assert len(before) > 500
    assert machine.changes(before, during) == {}
    assert machine.changes(before, after) == {}


def test_a_host_reads_back_the_sysctls_that_it_set(pair: tuple[BootedLab, BootedLab]) -> None:
    host = pair[0]
    host.on("b", "sysctl -w vm.max_map_count=262144 net.ipv4.ip_forward=1")
    assert host.on("b", "sysctl -n vm.max_map_count net.ipv4.ip_forward") == "262144\n1"
    assert host.on("a", "sysctl -n net.ipv4.ip_forward") == "0"


def test_a_host_cannot_set_the_clock(pair: tuple[BootedLab, BootedLab]) -> None:
    drift = time.time() - time.monotonic()
    assert "Operation not permitted" in pair[0].on("a", "date -s @0 2>&1", status=1)
    assert abs(time.time() - time.monotonic() - drift) < 1


def test_modprobe_tells_what_the_kernel_has(pair: tuple[BootedLab, BootedLab]) -> None:
    pair[0].on("a", "modprobe overlay && modprobe br_netfilter")
    assert "Module nvidia not found" in pair[0].on("a", "modprobe nvidia 2>&1", status=1)


def test_one_lab_goes_and_the_other_stays(make_lab: MakeLab) -> None:
    stays, goes = make_lab("tstays", 251, a={}), make_lab("tgoes", 252, a={})
    stays.run("up")
    goes.run("up")
    goes.run("down")
    assert not any(goes.traces().values())
    assert stays.states() == {"a": "running"}
    assert stays.status()["hosts"][0]["ssh"] is True


def test_a_network_that_is_in_use_is_refused(
    pair: tuple[BootedLab, BootedLab], make_lab: MakeLab
) -> None:
    other = make_lab("tother", 248, c={})
    assert other.run("up", status=1) == (
        "error: network 10.79.248.0/24 meets 10.79.248.254/24 of interface bml-tone; "
        "give the lab another network in its lab file\n"
    )
    assert pair[0].states() == {"a": "running", "b": "running"}


def test_an_online_lab_reaches_outside_and_the_machine_stays_as_it_is(make_lab: MakeLab) -> None:
    before = machine.settings()
    lab = make_lab("tonline", 253, a={})
    lab.run("up", "--online")
    lab.on("a", "apt-get update && apt-get install --yes --no-install-recommends tree && tree -L 1")
    assert lab.status()["online"] is True
    assert "run down first" in lab.run("up", status=1)
    assert machine.changes(before, machine.settings()) == {}
    lab.run("down")
    assert not any(lab.traces().values())
