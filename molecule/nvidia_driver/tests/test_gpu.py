"""A host with GPUs and NVSwitches: exact versions, held, and nothing that takes them away."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

testinfra_hosts = ["ansible://gpu1"]

PARTS = yaml.safe_load((Path(__file__).parents[3] / "catalogue/parts.yml").read_text())
VERSION = f"{PARTS['catalogue_parts']['nvidia-driver']['version']}-1"
NAMED = (
    "nvidia-kernel-open-dkms",
    "nvidia-driver-cuda",
    "nvidia-persistenced",
    "nvidia-fabricmanager",
)
NEEDED = ("firmware-nvidia-gsp", "libcuda1")
LATER = "580.999.01-1"


@pytest.mark.parametrize("name", [*NAMED, *NEEDED])
def test_packages_have_the_version_of_the_catalogue(host: Any, name: str) -> None:
    assert host.package(name).version == VERSION


def test_what_was_named_is_held_and_nothing_else(host: Any) -> None:
    assert sorted(host.check_output("apt-mark showhold").split()) == sorted(NAMED)


def test_the_other_flavour_is_not_there(host: Any) -> None:
    assert not host.package("nvidia-kernel-dkms").is_installed


@pytest.mark.parametrize("holds", ["", "--ignore-hold"])
def test_an_upgrade_that_the_repository_offers_is_not_taken(host: Any, holds: str) -> None:
    assert LATER in host.check_output("apt-cache madison nvidia-driver-cuda")
    simulated = host.check_output(f"apt-get --simulate {holds} dist-upgrade")
    assert "Inst " not in simulated
    assert "Remv " not in simulated


def test_a_version_below_the_installed_one_is_what_apt_prefers(host: Any) -> None:
    policy = host.check_output("apt-cache policy libcuda1")
    assert f"Candidate: {VERSION}" in policy
    assert f"{VERSION} 1001" in policy


def test_the_pin_leaves_the_container_toolkit_alone(host: Any) -> None:
    policy = host.check_output("apt-cache policy nvidia-container-toolkit")
    assert "Candidate: 1.0.0-1" in policy
    assert "1.0.0-1 500" in policy


def test_headers_of_the_running_kernel_are_there(host: Any) -> None:
    kernel = host.check_output("uname -r")
    assert host.package(f"linux-headers-{kernel}").is_installed


def test_nouveau_is_on_the_blacklist_that_modprobe_reads(host: Any) -> None:
    shown = host.check_output("modprobe --showconfig")
    assert "blacklist nouveau" in shown
    assert "options nouveau modeset=0" in shown


@pytest.mark.parametrize("name", ["nvidia-persistenced", "nvidia-fabricmanager"])
def test_daemons_start_at_boot_and_not_before_the_module_is_loaded(host: Any, name: str) -> None:
    service = host.service(f"{name}.service")
    assert service.is_enabled
    assert not service.is_running


def test_driver_facts_find_what_is_there(host: Any) -> None:
    found = host.ansible("baremetal.sglang.driver_facts", check=False)["driver"]
    assert (len(found["gpus"]), found["nvswitches"]) == (8, 4)
    assert found["loaded"] == {"version": "", "modules": ""}
    assert found["kernel"]["headers"] is True
    assert {package["name"] for package in found["packages"] if package["held"]} == set(NAMED)


def test_the_packages_say_that_they_are_simulated(host: Any) -> None:
    assert "SIMULATED" in host.check_output("dpkg-query --show -f '${Description}' libcuda1")
