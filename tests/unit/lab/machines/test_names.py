"""A machine's traces carry its name and are told from those of lab.hosts."""

from __future__ import annotations

import pytest

from lab.hosts import names as host_names
from lab.machines import names, processes
from lab.machines.names import Handle

HANDLE = Handle("one", "a")


def test_a_handle_is_read_back() -> None:
    assert str(HANDLE) == "bmm.one.a"
    assert Handle.parse("bmm.one.a") == HANDLE
    assert Handle.parse("bmm.saved.state.0123456789ab") == Handle(names.SAVING, "0123456789ab")


@pytest.mark.parametrize("text", ["bml.one.a", "bmm.one", "bmm.one.a.b", "bmm.One.a", "xbmm.one.a"])
def test_other_names_are_no_handle(text: str) -> None:
    assert Handle.parse(text) is None


def test_lab_hosts_takes_no_machine_for_its_own() -> None:
    assert host_names.Handle.parse(str(HANDLE)) is None
    assert host_names.lab_of_bridge(names.bridge("one")) is None


def test_interfaces_keep_to_the_kernels_15_characters() -> None:
    assert len(names.tap(HANDLE)) == 15
    assert len(names.bridge("elevenchars")) == 15


def test_two_machines_have_different_interfaces() -> None:
    other = Handle("one", "b")
    assert names.tap(HANDLE) != names.tap(other)
    assert names.mac(HANDLE) != names.mac(other)


def test_a_hardware_address_is_locally_administered() -> None:
    octets = names.mac(HANDLE).split(":")
    assert len(octets) == 6
    assert octets[0] == "02"


@pytest.mark.parametrize(
    ("arguments", "handle"),
    [
        (["qemu-system-x86_64", "-name", "bmm.one.a", "-daemonize"], HANDLE),
        (["/usr/bin/qemu-system-x86_64", "-name", "bmm.one.a"], HANDLE),
        (["qemu-system-x86_64", "-name", "somebody-elses"], None),
        (["qemu-system-x86_64", "-name"], None),
        (["grep", "-name", "bmm.one.a"], None),
        ([], None),
    ],
)
def test_a_machine_is_known_by_its_command(arguments: list[str], handle: Handle | None) -> None:
    assert processes.handle_of(arguments) == handle
