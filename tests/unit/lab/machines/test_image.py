"""GRUB is told where it lies, and a machine's own files have their modes."""

from __future__ import annotations

import io
import struct
import tarfile

from lab.machines import identity, image
from lab.machines.definition import parse

LAB = parse(
    {
        "name": "one",
        "network": "10.1.0.0/24",
        "machines": [{"name": "a", "address": "10.1.0.11"}],
    },
    "lab.yml",
)


def test_the_first_sector_names_the_sector_of_the_core_image() -> None:
    code = image.boot_code(bytes(512))
    assert len(code) == 440  # the partition table's part of the sector is left alone
    assert struct.unpack_from("<Q", code, 0x5C) == (2048,)
    assert code[0x64] == 0xFF


def test_the_core_image_names_the_sector_of_its_rest() -> None:
    core = image.core_image(bytes(1024))
    assert len(core) == 1024
    assert struct.unpack_from("<Q", core, 0x1F4) == (2049,)


def test_the_core_image_lies_before_the_root_file_system() -> None:
    assert "start=2048, size=2048," in image.PARTITIONS
    assert "start=4096," in image.PARTITIONS


def test_the_image_is_named_by_its_inputs() -> None:
    assert image.key() == image.key()
    assert image.key().startswith("trixie-")


def test_an_image_has_what_role_storage_installs() -> None:
    assert {"mdadm", "nfs-common", "nfs-kernel-server", "xfsprogs"} <= set(image.packages())


def test_a_machines_files_name_it_and_keep_its_key_private() -> None:
    made = identity.files(LAB, LAB.machines[0], ("private\n", "public\n"), "ssh-ed25519 K")
    assert made["etc/hostname"] == ("a\n", 0o644)
    assert made["etc/ssh/ssh_host_ed25519_key"] == ("private\n", 0o600)
    assert made["root/.ssh/authorized_keys"] == ("ssh-ed25519 K\n", 0o600)
    assert "Address=10.1.0.11/24\n" in made["etc/systemd/network/10-lab.network"][0]


def test_the_archive_holds_the_files_with_their_modes() -> None:
    with tarfile.open(fileobj=io.BytesIO(identity.pack({"etc/x": ("text\n", 0o600)}))) as archive:
        (entry,) = archive.getmembers()
        content = archive.extractfile(entry)
        assert content is not None
        assert (entry.name, entry.mode, content.read()) == ("etc/x", 0o600, b"text\n")
