"""Faults that need a clock and swap of a host's own: the site is refused before any change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.machines.booted import Booted
from tests.wrong_inputs.rehearsal import Run, play

AHEAD_SECONDS = 3600
SWAP_FILE = "/swapfile"
# What a role would change shows in one of these.
SNAPSHOT = "dpkg-query --show; find /etc -xdev -type f -exec sha256sum {} + | sort"


def test_the_site_has_no_fault_as_the_machines_are(machines: Booted, inventory: Path) -> None:
    run = play("preflight", inventory, catalogue=False)
    assert (run.status, run.faults) == (0, ()), run.report or run.output


def test_a_clock_that_differs_is_refused(machines: Booted, inventory: Path) -> None:
    with _unchanged(machines), _clock_ahead(machines, "vm2"):
        run = play("site", inventory, catalogue=False)
    fault = _only_fault(run, "clock_skew", "vm2")
    assert fault["needed"] == "clocks within 5 s"
    seconds = int(fault["found"].split("at least ")[1].split(" s ")[0])
    assert AHEAD_SECONDS - 300 < seconds <= AHEAD_SECONDS
    assert fault["found"].endswith("ahead of vm1")
    assert "chrony" in fault["fix"]


def test_swap_is_refused_where_the_kubelet_would_run(machines: Booted, inventory: Path) -> None:
    with _unchanged(machines), _swap(machines, "vm2"):
        run = play("site", inventory, catalogue=False)
    fault = _only_fault(run, "swap_on", "vm2")
    assert fault["found"] == "256 MiB of swap"
    assert fault["needed"] == "no swap: the kubelet refuses to start with it"
    assert fault["fix"] == "swapoff --all, and remove the swap entries of /etc/fstab"


def test_the_site_has_no_fault_once_they_are_mended(machines: Booted, inventory: Path) -> None:
    run = play("preflight", inventory, "--check", catalogue=False)
    assert (run.status, run.faults) == (0, ()), run.report or run.output


def _only_fault(run: Run, code: str, where: str) -> Mapping[str, str]:
    """The one fault of a site that was refused in preflight, with no host changed."""
    found = [(fault["code"], fault["where"]) for fault in run.faults]
    assert found == [(code, where)], run.report or run.output
    assert run.status != 0
    assert set(run.changed.values()) == {0}
    assert all(name.startswith("Preflight") for name in run.plays), run.plays
    return run.faults[0]


@contextmanager
def _unchanged(machines: Booted) -> Iterator[None]:
    before = {name: machines.on(name, SNAPSHOT) for name in machines.addresses}
    yield
    assert {name: machines.on(name, SNAPSHOT) for name in machines.addresses} == before


@contextmanager
def _clock_ahead(machines: Booted, name: str) -> Iterator[None]:
    machines.on(name, f"date --set '+{AHEAD_SECONDS} seconds'")
    try:
        yield
    finally:
        machines.on(name, f"date --set '-{AHEAD_SECONDS} seconds'")


@contextmanager
def _swap(machines: Booted, name: str) -> Iterator[None]:
    machines.on(
        name,
        f"dd if=/dev/zero of={SWAP_FILE} bs=1M count=256 status=none; chmod 600 {SWAP_FILE}; "
        f"mkswap -q {SWAP_FILE}; swapon {SWAP_FILE}",
    )
    try:
        yield
    finally:
        machines.on(name, f"swapoff --all; rm {SWAP_FILE}")
