"""The container toolkit of the catalogue, against lines typed from NVIDIA's installation guide.

https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html and the
list file that it has people fetch.
"""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.toolkit import (
    FAMILY,
    Intent,
    toolkit_plan,
)

from lab.bundle.catalogue import load
from tests.unit.plugins.module_utils.driver.toolkit_samples import GPU, host

CATALOGUE = load()
PART = CATALOGUE.part("nvidia-container-toolkit")


def test_repository_key_and_packages() -> None:
    plan = toolkit_plan(host(GPU), Intent("auto", PART, 3))
    assert plan.faults == ()
    line = "deb https://nvidia.github.io/libnvidia-container/stable/deb/amd64 /"
    assert f"deb {plan.repository['uri'].rstrip('/')} /" == line
    assert plan.repository["key"] == "https://nvidia.github.io/libnvidia-container/gpgkey"
    assert plan.repository["fingerprint"] == "C95B321B61E88C1809C4F759DDCAE044F796ECB0"
    assert plan.held == ("nvidia-container-toolkit-base",)


def test_packages_are_of_the_family_that_apt_pins() -> None:
    assert set(PART["packages"]) <= set(FAMILY)


def test_the_lab_builds_the_programs_of_that_version() -> None:
    assert PART["version"] == f"{CATALOGUE.part('container-toolkit')['version']}-1"
