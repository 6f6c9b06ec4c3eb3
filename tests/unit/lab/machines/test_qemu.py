"""The command of a machine, and what is read from QEMU."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.hosts.errors import LabError
from lab.machines import accelerator, qemu
from lab.machines.definition import Shape
from lab.machines.names import Handle
from lab.machines.paths import MachinePaths
from lab.machines.qemu import Qemu

HANDLE = Handle("one", "a")
PATHS = MachinePaths(Path("/c/a"))


def command(accelerator_: str = "tcg", **shares: Path) -> list[str]:
    return Qemu("10.0", accelerator_).argv(HANDLE, Shape(2, 1536), PATHS, shares)


def after(argv: list[str], option: str) -> list[str]:
    return [argv[i + 1] for i, word in enumerate(argv) if word == option]


def test_the_process_is_named_by_its_handle() -> None:
    assert command()[:3] == ["qemu-system-x86_64", "-name", "bmm.one.a"]


@pytest.mark.parametrize(
    ("name", "accel", "cpu"), [("kvm", "kvm", "host"), ("tcg", "tcg,thread=multi", "max")]
)
def test_the_accelerator_chooses_the_cpu(name: str, accel: str, cpu: str) -> None:
    argv = command(name)
    assert after(argv, "-accel") == [accel]
    assert after(argv, "-cpu") == [cpu]


def test_the_shape_gives_cpus_and_memory() -> None:
    argv = command()
    assert after(argv, "-smp") == ["2"]
    assert after(argv, "-m") == ["1536"]


def test_a_share_is_read_only_and_one_that_is_not_given_is_empty() -> None:
    argv = command(bundle=Path("/b"))
    assert after(argv, "-fsdev") == [
        "local,id=bases,path=/c/a/nothing,readonly=on,security_model=passthrough",
        "local,id=bundle,path=/b,readonly=on,security_model=passthrough",
        "local,id=checkout,path=/c/a/nothing,readonly=on,security_model=passthrough",
    ]


def test_machines_of_a_shape_differ_only_in_names_and_paths() -> None:
    """Otherwise a copy could not go on from the saved state."""
    other = Qemu("10.0", "tcg").argv(
        Handle("two", "b"), Shape(2, 1536), MachinePaths(Path("/c/b")), {}
    )
    assert len(other) == len(command(bundle=Path("/b")))
    assert [word.split(",")[0] for word in after(other, "-device")] == [
        word.split(",")[0] for word in after(command(), "-device")
    ]


def test_the_link_goes_with_the_process() -> None:
    """QEMU makes a tap of its own; nobody has to remove it."""
    (link,) = after(command(), "-netdev")
    assert link.startswith("tap,id=link,ifname=bmm")
    assert link.endswith(",script=no,downscript=no")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\nCopyright", (10, "10.0.2")),
        ("QEMU emulator version 7.2.22 (Debian)", (7, "7.2.22")),
    ],
)
def test_the_version_is_read(said: str, version: tuple[int, str]) -> None:
    assert qemu.parse_version(said) == version


def test_no_version_is_an_error() -> None:
    with pytest.raises(LabError, match="needed is a version of QEMU"):
        qemu.parse_version("")


@pytest.mark.parametrize(
    ("lines", "boots"),
    [
        (["Linux version", "VFS: Unable to mount root fs on unknown-block(0,0)"], True),
        (["KVM internal error. Suberror: 1", "emulation failure"], False),
        (["error: failed to set MSR 0x10a"], False),
        ([], False),
    ],
)
def test_kvm_works_where_a_kernel_boots_to_its_end(lines: list[str], boots: bool) -> None:
    assert accelerator.verdict(lines) == boots
