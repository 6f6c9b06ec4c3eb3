"""Faults that need a clock and swap of a host's own: the site is refused before any change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.machines.booted import Booted
from tests.wrong_inputs.rehearsal import play

AHEAD_SECONDS = 3600
SWAP_FILE = "/swapfile"
# What a role would change shows in one of these.
SNAPSHOT = "dpkg-query --show; find /etc -xdev -type f -exec sha256sum {} + | sort"


def test_a_clock_that_differs_and_swap_are_refused_in_one_report(
    machines: Booted, inventory: Path
) -> None:
    """Swap where the kubelet would run."""
    with _unchanged(machines), _clock_ahead(machines, "vm2"), _swap(machines, "vm2"):
        run = play("site", inventory, catalogue=False)
    assert run.status != 0
    assert set(run.changed.values()) == {0}
    assert all(name.startswith("Preflight") for name in run.plays), run.plays
    faults = {(fault["code"], fault["where"]): fault for fault in run.faults}
    assert faults.keys() == {("clock_skew", "vm2"), ("swap_on", "vm2")}, run.report or run.output
    skew, swap = faults["clock_skew", "vm2"], faults["swap_on", "vm2"]
    assert skew["needed"] == "clocks within 5 s"
    seconds = int(skew["found"].split("at least ")[1].split(" s ")[0])
    assert AHEAD_SECONDS - 300 < seconds <= AHEAD_SECONDS
    assert skew["found"].endswith("ahead of vm1")
    assert "chrony" in skew["fix"]
    assert swap["found"] == "256 MiB of swap"
    assert swap["needed"] == "no swap: the kubelet refuses to start with it"
    assert swap["fix"] == "swapoff --all, and remove the swap entries of /etc/fstab"


def test_the_site_has_no_fault_once_they_are_mended(machines: Booted, inventory: Path) -> None:
    run = play("preflight", inventory, "--check", catalogue=False)
    assert (run.status, run.faults) == (0, ()), run.report or run.output


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
