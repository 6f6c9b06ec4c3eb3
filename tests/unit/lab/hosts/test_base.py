"""A base tree's name tells all that went into it."""

from __future__ import annotations

from pathlib import Path

from lab.hosts import base
from lab.hosts.machine import Kernel

KERNEL = Kernel("6.1.0", False, ("kernel/fs/overlayfs/overlay.ko",))


def test_the_same_inputs_give_the_same_name() -> None:
    assert base.key("trixie", KERNEL, ()) == base.key("trixie", KERNEL, ())
    assert base.key("trixie", KERNEL, ()).startswith("trixie-")


def test_each_input_changes_the_name(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.crt"
    certificate.write_text("one")
    other = tmp_path / "other" / "ca.crt"
    other.parent.mkdir()
    other.write_text("two")
    keys = [
        base.key("trixie", KERNEL, ()),
        base.key("bookworm", KERNEL, ()),
        base.key("trixie", Kernel("6.2.0", False, KERNEL.builtin), ()),
        base.key("trixie", Kernel("6.1.0", True, ()), ()),
        base.key("trixie", KERNEL, (certificate,)),
        base.key("trixie", KERNEL, (other,)),
    ]
    assert len(set(keys)) == len(keys)


def test_the_guest_files_are_part_of_the_name() -> None:
    assert {path.name for path in base.GUEST_FILES.rglob("*") if path.is_file()} == {
        "lab-init",
        "lab-init.service",
        "lab.conf",
    }
