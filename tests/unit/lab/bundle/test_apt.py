"""The apt repository of a bundle: names in the pool, and a signature that apt's key checks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.bundle.apt import build_repository, pool_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kubeadm_1.98.7-1.1_amd64.deb", "kubeadm_1.98.7-1.1_amd64.deb"),
        ("conntrack_1%3a1.4.8-2_amd64.deb", "conntrack_1.4.8-2_amd64.deb"),
    ],
)
def test_pool_name_has_no_epoch(name: str, expected: str) -> None:
    assert pool_name(name) == expected


@pytest.mark.slow
def test_release_is_signed_by_the_exported_key(tmp_path: Path) -> None:
    (tmp_path / "root/DEBIAN").mkdir(parents=True)
    (tmp_path / "root/DEBIAN/control").write_text(
        "Package: a\nVersion: 1:2\nArchitecture: amd64\nMaintainer: x <x@x>\nDescription: a\n"
    )
    package = tmp_path / "a_1%3a2_amd64.deb"
    subprocess.run(["dpkg-deb", "--build", tmp_path / "root", package], check=True)
    again = tmp_path / "other part" / package.name  # two parts need the same package
    again.parent.mkdir()
    again.write_bytes(package.read_bytes())
    build_repository(tmp_path / "apt", [package, again], tmp_path / "keys")
    subprocess.run(
        ["gpg", "--dearmor", "-o", tmp_path / "key.gpg", tmp_path / "apt/key.asc"], check=True
    )
    release = tmp_path / "apt/dists/stable/InRelease"
    verify = ["gpgv", "--keyring", str(tmp_path / "key.gpg"), str(release)]
    assert subprocess.run(verify, check=False).returncode == 0
    release.write_text(release.read_text().replace("Suite: stable", "Suite: other"))
    assert subprocess.run(verify, check=False).returncode == 1
    packages = (tmp_path / "apt/dists/stable/main/binary-amd64/Packages").read_text()
    assert packages.count("Filename: pool/a_2_amd64.deb\n") == 1
