"""What is read of a host's file tree; dpkg-query is the real one, on a database of the test's."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.probe import (
    read_driver,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.run import run
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import driver_facts

from lab.hardware.pci import write
from tests.unit.plugins.module_utils.deviceprobe.shapes import constructed, plant

KERNEL = "6.12.9-amd64"
EFI = "sys/firmware/efi/efivars"
SECURE_BOOT = f"{EFI}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
MOK_LIST = f"{EFI}/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"
OPEN = (
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\n"
    "GCC version:  gcc version 13"
)
CLOSED = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.1  Tue\nGCC version:  gcc"
PACKAGES = """\
Package: nvidia-driver-cuda
Status: hold ok installed
Version: 580.95.05-1

Package: libcuda1
Status: install ok installed
Version: 580.95.05-1

Package: nvidia-settings
Status: deinstall ok config-files
Version: 570.1-1

Package: bash
Status: install ok installed
Version: 5.2-1
"""


def answer(argv: Sequence[str]) -> str:
    """dpkg-query itself; of apt-cache, that the archive has headers."""
    if argv[0] == "apt-cache":
        return f"{argv[-1]}:\n  Installed: (none)\n  Candidate: 6.12.9-1\n"
    return run(argv)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "etc/os-release", 'ID=debian\nVERSION_ID="13"')
    write(tmp_path / "var/lib/dpkg/status", "")
    return tmp_path


def read(root: Path) -> dict[str, Any]:
    return read_driver(answer, root, KERNEL)


def test_a_bare_host_has_nothing_but_its_distribution(root: Path) -> None:
    assert read(root) == {
        "distribution": "debian-13",
        "kernel": {"release": KERNEL, "headers": False, "headers_available": True},
        "gpus": [],
        "nvswitches": 0,
        "loaded": {"version": "", "modules": ""},
        "packages": [],
        "nouveau": False,
        "secure_boot": {"enabled": False, "key": "", "enrolled": False},
        "runfile": False,
        "container": False,
        "member": False,
    }


def test_gpus_and_nvswitches_of_a_constructed_host(root: Path) -> None:
    found = read(plant(root, constructed("hgx-h20")["pci"]))
    assert (len(found["gpus"]), found["nvswitches"]) == (8, 4)
    assert found["gpus"][0] == {"address": "0000:1b:00.0", "device": "2329"}


@pytest.mark.parametrize(
    ("version", "text", "modules"), [("580.95.05", OPEN, "open"), ("570.1", CLOSED, "proprietary")]
)
def test_the_loaded_module_and_its_flavour(
    root: Path, version: str, text: str, modules: str
) -> None:
    write(root / "sys/module/nvidia/version", version)
    write(root / "proc/driver/nvidia/version", text)
    assert read(root)["loaded"] == {"version": version, "modules": modules}


def test_packages_that_are_installed_and_whether_they_are_held(root: Path) -> None:
    write(root / "var/lib/dpkg/status", PACKAGES)
    assert read(root)["packages"] == [
        {"name": "libcuda1", "version": "580.95.05-1", "held": False},
        {"name": "nvidia-driver-cuda", "version": "580.95.05-1", "held": True},
    ]


def test_what_stands_in_the_way_is_found(root: Path) -> None:
    write(root / "usr/bin/nvidia-uninstall", "")
    write(root / "etc/kubernetes/kubelet.conf", "")
    (root / "sys/module/nouveau").mkdir(parents=True)
    mounts = "36 35 8:1 / / rw - ext4 /dev/sda rw\n99 36 0:5 / /run/nvidia/driver rw - overlay o rw"
    write(root / "proc/self/mountinfo", mounts)
    found = read(root)
    facts = ("nouveau", "runfile", "container", "member")
    assert [found[name] for name in facts] == [True] * 4


def test_headers_are_a_makefile_to_build_with(root: Path) -> None:
    build = root / "lib/modules" / KERNEL / "build"
    build.mkdir(parents=True)
    assert read(root)["kernel"]["headers"] is False
    write(build / "Makefile", "")
    assert read(root)["kernel"]["headers"] is True


@pytest.mark.parametrize("policy", ["", "linux-headers-x:\n  Candidate: (none)\n"])
def test_headers_that_apt_does_not_have(root: Path, policy: str) -> None:
    def without(argv: Sequence[str]) -> str:
        return policy if argv[0] == "apt-cache" else run(argv)

    assert read_driver(without, root, KERNEL)["kernel"]["headers_available"] is False


def secure(root: Path, octet: bytes, *, trusted: bytes = b"", key: str = "") -> dict[str, Any]:
    (root / EFI).mkdir(parents=True)
    (root / SECURE_BOOT).write_bytes(b"\x06\x00\x00\x00" + octet)
    (root / MOK_LIST).write_bytes(b"\x06\x00\x00\x00list" + trusted)
    if key:
        write(root / key, "")
        (root / key).write_bytes(b"certificate")
    found: dict[str, Any] = read(root)["secure_boot"]
    return found


def test_secure_boot_with_the_key_that_shim_trusts(root: Path) -> None:
    found = secure(root, b"\x01", trusted=b"certificate", key="var/lib/dkms/mok.pub")
    assert found == {"enabled": True, "key": "/var/lib/dkms/mok.pub", "enrolled": True}


def test_secure_boot_with_a_key_that_nobody_trusts(root: Path) -> None:
    found = secure(root, b"\x01", key="var/lib/shim-signed/mok/MOK.der")
    assert found == {"enabled": True, "key": "/var/lib/shim-signed/mok/MOK.der", "enrolled": False}


def test_secure_boot_that_is_off(root: Path) -> None:
    assert secure(root, b"\x00")["enabled"] is False


def test_what_the_module_returns_of_this_machine_is_what_it_documents() -> None:
    asked = Request({"root": "/"}, check_mode=True, diff_mode=False)
    found = driver_facts.operate(asked).result["driver"]
    assert set(found) == set(yaml.safe_load(driver_facts.RETURN)["driver"]["contains"])
    assert found["kernel"]["release"] == platform.release()


def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(OperationError, match="dpkg-absent: no such file"):
        run(["dpkg-absent"])


def test_a_program_that_fails_is_said() -> None:
    with pytest.raises(OperationError, match=r"dpkg-query --absent: .*absent"):
        run(["dpkg-query", "--absent"])
