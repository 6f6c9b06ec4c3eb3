"""The simulated packages: names of the catalogue, dependencies for apt, no claim to be real."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.key import fingerprints
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.release import parse_release

from lab.bundle.catalogue import load
from lab.hardware.driver_packages import DISTRIBUTION, main, repositories

PART = load().part("nvidia-driver")
VERSION = f"{PART['version']}-1"


def field(package: Path, name: str) -> str:
    done = subprocess.run(
        ["dpkg-deb", "--field", package, name], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_every_package_of_the_catalogue_is_there_and_a_later_version_of_each() -> None:
    made = [(package.name, package.version) for package in repositories(PART, "6.1")["driver"]]
    for name in parse_release(PART, DISTRIBUTION).names.every:
        assert [version for found, version in made if found == name] == [VERSION, "580.999.01-1"]


@pytest.mark.slow
def test_apt_trusts_the_repositories_and_reads_what_the_packages_need(tmp_path: Path) -> None:
    main([str(tmp_path), "--kernel", "6.1.0-1"])
    key = (tmp_path / "driver/key.asc").read_text()
    assert fingerprints(key) == ((tmp_path / "fingerprint").read_text().strip(),)
    subprocess.run(
        ["gpg", "--dearmor", "-o", tmp_path / "k", tmp_path / "driver/key.asc"], check=True
    )
    for name in ("driver", "archive"):
        verify = ["gpgv", "--keyring", str(tmp_path / "k"), str(tmp_path / name / "InRelease")]
        assert subprocess.run(verify, check=False, capture_output=True).returncode == 0
    place = tmp_path / "driver"
    modules = place / f"nvidia-kernel-open-dkms_{VERSION}_amd64.deb"
    assert field(modules, "Depends") == f"dkms, firmware-nvidia-gsp (= {VERSION})"
    assert {field(path, "Description") for path in place.glob("*.deb")} == {
        "SIMULATED, drives nothing"
    }
    listed = (tmp_path / "archive/Packages").read_text()
    assert "Package: linux-headers-6.1.0-1\n" in listed
