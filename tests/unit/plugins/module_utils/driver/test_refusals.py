"""Every refusal with its whole text: a person reads it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from .samples import A100, B200, H100, UNKNOWN, V100, host, kinds, package, plan, release

LOADED = {"version": "580.10.02", "modules": "open"}


def only(*arguments: Any, **words: Any) -> str:
    (fault,) = plan(*arguments, **words).faults
    return fault


def test_an_unknown_gpu() -> None:
    assert only(host(UNKNOWN)) == (
        "GPU 0000:00:00.0: unknown gpu: found 10de:ffff, needed a GPU whose kernel modules are "
        "known; look the ID up at https://pci-ids.ucw.cz and add the model to "
        "plugins/module_utils/driver/devices.py"
    )


def test_an_unknown_distribution() -> None:
    assert only(host(A100, distribution="rocky-9.6")) == (
        "host: distribution unknown: found rocky-9.6, needed one of debian-13; install one of "
        "them, or take the host out of the group of GPU hosts"
    )


def test_open_modules_for_v100() -> None:
    assert only(host(V100), modules="open") == (
        "nvidia_driver_kernel_modules: kernel modules unfit: found open for v100, needed "
        "proprietary: Volta runs with no other; set nvidia_driver_kernel_modules to auto or "
        "proprietary"
    )


def test_proprietary_modules_for_b200() -> None:
    faults = plan(host(B200), modules="proprietary").faults
    assert faults[-1] == (
        "nvidia_driver_kernel_modules: kernel modules unfit: found proprietary for "
        "b200-sxm-180gb, needed open: Blackwell runs with no other; set "
        "nvidia_driver_kernel_modules to auto or open"
    )


def test_nvlink5_switches_are_left_to_a_person() -> None:
    assert only(host(B200)) == (
        "GPUs: nvlink5 not covered: found b200-sxm-180gb, whose NVLink switches need nvlsm, needed "
        "GPUs up to Hopper, or PCI Express cards: this role does not install nvlsm; follow "
        "NVIDIA's Fabric Manager user guide, and leave this role out"
    )


def test_gpus_that_need_different_modules() -> None:
    assert "kernel modules differ: found b200-sxm-180gb, v100 in one host" in (
        " ".join(plan(host(V100, B200)).faults)
    )


@pytest.mark.parametrize(("asked", "device"), [("proprietary", H100), ("auto", V100)])
def test_a_branch_without_proprietary_modules(asked: str, device: str) -> None:
    found = plan(host(device), release("620.1.1"), modules=asked)
    assert "kernel modules gone" in kinds(found)


def test_a_branch_that_a_gpu_is_too_new_or_too_old_for() -> None:
    assert only(host(H100), release("515.1.1"), "11.8") == (
        "driver 515.1.1: branch too old: found branch 515 for h100-sxm-80gb, needed branch 525 or "
        "newer; take a newer branch in catalogue/parts.yml"
    )
    assert only(host(V100), release("595.1.1")) == (
        "driver 595.1.1: branch too new: found branch 595 for v100, needed branch 580, the last "
        "one that drives Volta; take branch 580 in catalogue/parts.yml for these hosts"
    )


def test_a_branch_too_old_for_the_engine_says_the_minimum() -> None:
    assert only(host(H100), release("570.1.1")) == (
        "driver 570.1.1: branch too old for cuda: found branch 570 under an engine with CUDA 13.0, "
        "needed branch 580 or newer; take branch 580 in catalogue/parts.yml, or an engine image "
        "with an older CUDA"
    )
    assert plan(host(H100), release("570.1.1"), "12.9").faults == ()


@pytest.mark.parametrize("cuda", ["", "9.2", "newest"])
def test_an_unknown_cuda(cuda: str) -> None:
    assert f"found {cuda or 'nothing'}, needed CUDA 11, 12, 13" in only(host(H100), cuda=cuda)


def test_a_fabric_manager_of_another_version() -> None:
    assert only(host(H100, nvswitches=4), release("580.10.02", "580.9.1")) == (
        "fabric manager: fabric manager differs: found 580.9.1, needed 580.10.02, the driver's own "
        "version: it stops at any other; write one version for both in catalogue/parts.yml"
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"runfile": True}, "found NVIDIA's runfile (/usr/bin/nvidia-uninstall)"),
        ({"container": True}, "found a driver container of the GPU Operator (/run/nvidia/driver)"),
        (
            {"packages": [package("nvidia-kernel-dkms", "550.163.01-2")]},
            "found packages of another repository: nvidia-kernel-dkms 550.163.01-2, needed none, "
            "or one of the catalogue's repository: two drivers overwrite each other; run apt-get "
            "purge nvidia-kernel-dkms, then reboot",
        ),
    ],
)
def test_a_foreign_driver(changed: dict[str, Any], said: str) -> None:
    assert said in only(host(A100, **changed))


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("libcuda1", "550.163.01-2"),
        ("libnvidia-compute-580", "580.1.2-0ubuntu0.24.04.1"),
        ("linux-modules-nvidia-580-open-6.8.0-60-generic", "6.8.0-60.63"),
        ("nvidia-dkms-580-server-open", "580.1.2-0ubuntu0.24.04.1"),
        ("nvidia-fabricmanager-580", "580.1.2-0ubuntu0.24.04.1"),
        ("nvidia-open", "without-revision-2"),
    ],
)
def test_packages_of_another_repository_are_foreign(name: str, version: str) -> None:
    assert kinds(plan(host(A100, packages=[package(name, version)]))) == ["foreign driver"]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("nvidia-container-toolkit", "1.19.0-2"),
        ("libnvidia-container1", "1.19.0-2"),
        ("nvidia-driver-pinning-580", "580-2"),
        ("nvidia-kernel-common", "20220217-2"),
        ("libcuda1", "570.1.1-1"),
    ],
)
def test_other_packages_are_not(name: str, version: str) -> None:
    assert plan(host(A100, packages=[package(name, version)])).faults == ()


def test_a_loaded_driver_of_a_cluster_node_is_not_touched() -> None:
    assert only(host(A100, loaded={"version": "580.9.1", "modules": "open"}, member=True)) == (
        "driver: driver in use: found 580.9.1 loaded on a node of a cluster, to be replaced by "
        "dkms-open=580.10.02-1, libdriver=580.10.02-1, nvidia-persistenced=580.10.02-1, needed a "
        "host that is no member: pods use the driver that is loaded; drain the node and take it "
        "out of the cluster, or keep the driver that it has"
    )


def test_a_new_fabric_manager_under_running_pods_is_a_driver_in_use() -> None:
    names = ("dkms-open", "libdriver", "nvidia-persistenced")
    present = [*map(package, names), package("nvidia-fabricmanager", "580.9.1-1")]
    facts = host(H100, nvswitches=4, packages=present, loaded=LOADED, member=True)
    assert "to be replaced by nvidia-fabricmanager=580.10.02-1, needed" in only(facts)


def test_a_reboot_that_is_due_on_a_cluster_node_is_a_driver_in_use() -> None:
    present = [*map(package, ("dkms-open", "libdriver", "nvidia-persistenced"))]
    old = {"version": "580.9.1", "modules": "open"}
    facts = host(A100, packages=present, loaded=old, member=True)
    assert "to be replaced by 580.10.02, needed" in only(facts)


@pytest.mark.parametrize(
    "changed", [{"member": True}, {"loaded": {"version": "580.9.1", "modules": "open"}}]
)
def test_a_driver_may_be_installed_where_nothing_uses_one(changed: dict[str, Any]) -> None:
    assert plan(host(A100, **changed)).faults == ()


def test_a_kernel_without_headers() -> None:
    kernel = {"release": "6.12.9", "headers": False, "headers_available": False}
    assert only(host(A100, kernel=kernel)) == (
        "kernel 6.12.9: headers missing: found no headers, and no package with them in apt, needed "
        "linux-headers-6.12.9: DKMS builds the modules with them; run apt-get update, or boot a "
        "kernel that the package sources still have"
    )


def test_secure_boot_with_a_key_that_is_not_enrolled() -> None:
    secure = {"enabled": True, "key": "/var/lib/dkms/mok.pub", "enrolled": False}
    assert only(host(A100, secure_boot=secure)) == (
        "Secure Boot: secure boot unsigned: found enabled, and the key /var/lib/dkms/mok.pub is "
        "not enrolled, needed an enrolled machine owner key: the kernel loads no unsigned module; "
        "run mokutil --import /var/lib/dkms/mok.pub, set a one-time password, reboot and confirm "
        "it on the console under Enroll MOK; or turn Secure Boot off in the firmware"
    )


def test_secure_boot_without_a_key() -> None:
    secure = {"enabled": True, "key": "", "enrolled": False}
    said = only(host(A100, secure_boot=secure))
    assert "found enabled, and no key to sign with" in said
    assert "install dkms, run dkms generate_mok, run mokutil --import /var/lib/dkms/mok.pub" in said


def test_secure_boot_with_an_enrolled_key_is_no_fault() -> None:
    secure = {"enabled": True, "key": "/var/lib/dkms/mok.pub", "enrolled": True}
    assert plan(host(A100, secure_boot=secure)).faults == ()
