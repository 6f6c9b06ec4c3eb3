"""A host's upper layer keeps what it had and never leads out of itself."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from lab.hosts import root
from lab.hosts.definition import Host, Lab
from lab.hosts.errors import LabError
from lab.hosts.machine import AptSettings
from lab.hosts.paths import HostPaths
from lab.hosts.root import Layer

HOST = Host("a", IPv4Address("10.1.0.11"), "trixie", "", 0, 0.0)
LAB = Lab("one", IPv4Network("10.1.0.0/24"), (HOST,))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    base = tmp_path / "base"
    for directory, mode in {"etc/ssh": 0o755, "etc/apt/apt.conf.d": 0o755, "root": 0o700}.items():
        (base / directory).mkdir(parents=True)
        (base / directory).chmod(mode)
    return base


@pytest.fixture
def paths(tmp_path: Path) -> HostPaths:
    return HostPaths(tmp_path / "host")


def read(paths: HostPaths, name: str) -> str:
    return (paths.upper / name).read_text()


def test_a_new_host_knows_its_name_its_address_and_who_may_log_in(
    paths: HostPaths, base: Path
) -> None:
    root.prepare(LAB, HOST, paths, base, "ssh-ed25519 KEY me")
    assert read(paths, "etc/hostname") == "a\n"
    assert read(paths, "etc/hosts").splitlines() == [
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        "10.1.0.11 a",
    ]
    assert read(paths, "etc/systemd/network/10-lab.network") == (
        "[Match]\nName=host0\n\n[Network]\nAddress=10.1.0.11/24\n"
    )
    assert read(paths, "root/.ssh/authorized_keys") == "ssh-ed25519 KEY me\n"
    assert len(read(paths, "etc/machine-id").strip()) == 32


def test_directories_keep_the_modes_of_the_base(paths: HostPaths, base: Path) -> None:
    root.prepare(LAB, HOST, paths, base, "key")
    modes = {n: (paths.upper / n).stat().st_mode & 0o777 for n in ("etc", "root", "root/.ssh")}
    assert modes == {"etc": 0o755, "root": 0o700, "root/.ssh": 0o700}


def test_a_host_that_is_prepared_again_keeps_its_keys_and_its_id(
    paths: HostPaths, base: Path
) -> None:
    root.prepare(LAB, HOST, paths, base, "key")
    before = root.host_key(paths), read(paths, "etc/machine-id")
    root.prepare(LAB, HOST, paths, base, "key")
    assert (root.host_key(paths), read(paths, "etc/machine-id")) == before
    assert before[0].startswith("ssh-ed25519 AAAA")


def test_a_host_key_that_was_half_made_is_made_anew(paths: HostPaths, base: Path) -> None:
    root.prepare(LAB, HOST, paths, base, "key")
    (paths.upper / "etc/ssh/ssh_host_ed25519_key.pub").unlink()
    root.prepare(LAB, HOST, paths, base, "key")
    assert root.host_key(paths).startswith("ssh-ed25519 AAAA")


def test_a_disk_has_the_size_asked_for_and_is_kept(paths: HostPaths, base: Path) -> None:
    host = Host("a", IPv4Address("10.1.0.11"), "trixie", "", 2, 0.0)
    root.prepare(LAB, host, paths, base, "key")
    first = paths.disk.stat()
    root.prepare(LAB, host, paths, base, "key")
    assert first.st_size == 2 * 1024**3
    assert paths.disk.stat().st_mtime_ns == first.st_mtime_ns
    assert not paths.disk.with_suffix(".making").exists()


def test_offline_takes_back_what_online_gave(paths: HostPaths, base: Path) -> None:
    layer = root.prepare(LAB, HOST, paths, base, "key")
    apt = AptSettings("http://mirror.example/debian/", ('Acquire::Retries "3";',))
    root.set_online(LAB, "trixie", layer, apt)
    assert "URIs: http://mirror.example/debian/\n" in read(paths, root.SOURCES)
    assert read(paths, root.APT_OPTIONS) == 'Acquire::Retries "3";\n'
    assert read(paths, root.ROUTE) == "[Network]\nGateway=10.1.0.1\n"
    assert read(paths, root.RESOLVER) == "nameserver 10.0.2.3\n"
    root.set_offline(layer)
    assert "nameserver" not in read(paths, root.RESOLVER)
    gone = (root.SOURCES, root.APT_OPTIONS, root.ROUTE)
    assert not any((paths.upper / name).exists() for name in gone)


def test_a_link_in_the_layer_is_replaced_and_not_followed(tmp_path: Path, base: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("the machine's")
    layer = Layer(tmp_path / "upper", base)
    layer.upper.mkdir()
    layer.path("etc/resolv.conf").symlink_to(outside)
    layer.write("etc/resolv.conf", "the host's")
    assert outside.read_text() == "the machine's"
    assert (tmp_path / "upper/etc/resolv.conf").read_text() == "the host's"


def test_a_directory_that_is_a_link_is_refused(tmp_path: Path, base: Path) -> None:
    layer = Layer(tmp_path / "upper", base)
    layer.upper.mkdir()
    (layer.upper / "etc").symlink_to(tmp_path)
    with pytest.raises(LabError, match="upper/etc is a link"):
        layer.write("etc/hostname", "a")
    assert not (tmp_path / "hostname").exists()


@pytest.mark.parametrize("character", [",", ":", "\\"])
def test_a_path_that_an_overlay_cannot_take_is_refused(
    tmp_path: Path, base: Path, character: str
) -> None:
    with pytest.raises(LabError, match="cannot spell a path"):
        root.prepare(LAB, HOST, HostPaths(tmp_path / f"a{character}b"), base, "key")
