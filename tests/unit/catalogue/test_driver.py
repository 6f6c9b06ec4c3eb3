"""The driver of the catalogue per distribution, against lines typed from NVIDIA's published facts.

Where they come from: NVIDIA's driver installation guide and "Recent Updates" (package names), its
CUDA network repositories (addresses, key files, fingerprints). What apt would print or a person
would type is compared as such; nothing here is rendered by the code under test.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.plan import (
    Request,
    driver_plan,
)

from lab.bundle.catalogue import ROOT, load
from tests.unit.plugins.module_utils.driver.samples import host

PART = load().part("nvidia-driver")
H100_WITH_NVSWITCHES: dict[str, Any] = {"nvswitches": 4}
UBUNTU_KEY = "EB693B3035CD5710E231E123A4B469963BF863CC"
REPOSITORIES = "https://developer.download.nvidia.com/compute/cuda/repos"
UBUNTU = ["nvidia-dkms-580-open", "libnvidia-compute-580", "nvidia-utils-580"]
DEBIAN = ["nvidia-kernel-open-dkms", "nvidia-driver-cuda"]
DAEMONS = ["nvidia-persistenced", "nvidia-fabricmanager"]
EXPECTED = {
    "ubuntu-22.04": (
        f"deb {REPOSITORIES}/ubuntu2204/x86_64/ /",
        f"{REPOSITORIES}/ubuntu2204/x86_64/3bf863cc.pub",
        UBUNTU_KEY,
        [*UBUNTU, *DAEMONS],
        "-1ubuntu1",
    ),
    "ubuntu-24.04": (
        f"deb {REPOSITORIES}/ubuntu2404/x86_64/ /",
        f"{REPOSITORIES}/ubuntu2404/x86_64/3bf863cc.pub",
        UBUNTU_KEY,
        [*UBUNTU, *DAEMONS],
        "-1ubuntu1",
    ),
    "debian-12": (
        f"deb {REPOSITORIES}/debian12/x86_64/ /",
        f"{REPOSITORIES}/debian12/x86_64/3bf863cc.pub",
        UBUNTU_KEY,
        [*DEBIAN, *DAEMONS],
        "-1",
    ),
    "debian-13": (
        f"deb {REPOSITORIES}/debian13/x86_64/ /",
        f"{REPOSITORIES}/debian13/x86_64/8793F200.pub",
        "02182E60104FCDC26EAE1B8597A5D4CB8793F200",
        [*DEBIAN, *DAEMONS],
        "-1",
    ),
}
PROPRIETARY = {
    "ubuntu-22.04": "nvidia-dkms-580",
    "ubuntu-24.04": "nvidia-dkms-580",
    "debian-12": "nvidia-kernel-dkms",
    "debian-13": "nvidia-kernel-dkms",
}


def test_the_catalogue_has_these_distributions() -> None:
    assert set(PART["distributions"]) == set(EXPECTED)


@pytest.mark.parametrize("distribution", EXPECTED)
def test_repository_key_and_packages_of_a_distribution(distribution: str) -> None:
    line, key, fingerprint, names, revision = EXPECTED[distribution]
    facts = host("2330", distribution=distribution, **H100_WITH_NVSWITCHES)
    plan = driver_plan(facts, Request(PART, "13.0", "auto"))
    assert plan.faults == ()
    assert f"deb {plan.repository['uri']} /" == line
    assert (plan.repository["key"], plan.repository["fingerprint"]) == (key, fingerprint)
    assert list(plan.packages) == [f"{name}={PART['version']}{revision}" for name in names]


@pytest.mark.parametrize("distribution", PROPRIETARY)
def test_v100_gets_the_proprietary_modules_of_a_distribution(distribution: str) -> None:
    plan = driver_plan(host("1db5", distribution=distribution), Request(PART, "13.0", "auto"))
    assert plan.faults == ()
    assert plan.packages[0].partition("=")[0] == PROPRIETARY[distribution]


def test_driver_and_fabric_manager_are_of_one_version_and_branch() -> None:
    assert PART["fabric_manager"] == PART["version"]
    assert PART["version"].startswith("580.")


def test_the_engine_image_has_the_cuda_of_its_torch() -> None:
    cuda = load().part("sglang-cuda")["cuda"]
    (runtime,) = [wanted for wanted in load().part("torch")["requires"] if "cuda-runtime" in wanted]
    assert runtime.startswith(f"nvidia-cuda-runtime=={cuda}.")


def test_what_apt_reads_is_written_as_it_is_documented() -> None:
    """sources.list(5): a flat repository has a suite that ends in / and no components."""
    text = (ROOT / "roles/signed_repository/vars/main.yml").read_text()
    files = {
        entry["dest"]: entry["content"]
        for entry in yaml.safe_load(text)["__signed_repository_files"]
    }
    assert files["{{ __signed_repository_source }}"].splitlines() == [
        "Types: deb",
        "URIs: {{ signed_repository_uri }}",
        "Suites: /",
        "Signed-By: {{ __signed_repository_keyring }}",
    ]
    assert files["{{ __signed_repository_pin }}"].splitlines() == [
        "Package: {{ signed_repository_packages | join(' ') }}",
        "Pin: version {{ signed_repository_version }}",
        "Pin-Priority: 1001",
    ]
