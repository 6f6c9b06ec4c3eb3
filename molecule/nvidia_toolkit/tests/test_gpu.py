"""A host with GPUs: exact packages, and containers that get the device that they ask for."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

testinfra_hosts = ["ansible://gpu1"]

PARTS = yaml.safe_load((Path(__file__).parents[3] / "catalogue/parts.yml").read_text())[
    "catalogue_parts"
]
BASE = "nvidia-container-toolkit-base"
VERSION = PARTS["nvidia-container-toolkit"]["version"]
DRIVER = PARTS["nvidia-driver"]["version"]
# The programs of the host itself, with directories of their own beside.
ROOTFS = "/srv/rootfs"
# There is no image that would give a PATH.
RUN = "ctr run --rm --env PATH=/usr/bin --rootfs"
LIST = "sh -c 'ls /dev | grep nvidia | xargs'"
CONTROL = ["nvidia-modeset", "nvidia-uvm", "nvidia-uvm-tools", "nvidiactl"]


@pytest.fixture(scope="module")
def rootfs(host: Any) -> str:
    host.check_output(f"mkdir -p {ROOTFS}/usr {ROOTFS}/etc {ROOTFS}/proc {ROOTFS}/sys {ROOTFS}/dev")
    host.check_output(f"mountpoint -q {ROOTFS}/usr || mount --bind /usr {ROOTFS}/usr")
    for name in ("bin", "lib", "lib64"):
        host.check_output(f"ln -sfn usr/{name} {ROOTFS}/{name}")
    return ROOTFS


def devices(host: Any, options: str, rootfs: str) -> list[str]:
    output = host.check_output(f"{RUN} {options} {rootfs} test {LIST}")
    return sorted(output.split())


def test_the_version_is_that_of_the_catalogue_and_held(host: Any) -> None:
    assert host.package(BASE).version == VERSION
    assert BASE in host.check_output("apt-mark showhold").splitlines()


@pytest.mark.parametrize("holds", ["", "--ignore-hold"])
def test_an_upgrade_takes_no_later_version(host: Any, holds: str) -> None:
    assert "999.0.0-1" in host.check_output(f"apt-cache madison {BASE}")
    upgrade = host.check_output(f"apt-get --simulate {holds} dist-upgrade")
    assert f"Inst {BASE}" not in upgrade


def test_nothing_is_left_of_the_legacy_runtime(host: Any) -> None:
    packages = host.check_output("dpkg-query --show -f '${Package}\\n'").split()
    assert {"nvidia-docker2", "nvidia-container-runtime"}.isdisjoint(packages)
    assert not host.file("/etc/apt/sources.list.d/nvidia-docker.list").exists
    assert not host.file("/etc/containerd/conf.d/99-nvidia.toml").exists


def test_the_specification_has_every_gpu_of_the_driver(host: Any) -> None:
    names = host.check_output("nvidia-ctk cdi list 2>/dev/null").splitlines()
    wanted = [f"nvidia.com/gpu={index}" for index in (*range(8), "all")]
    assert [name for name in names if "GPU-" not in name] == wanted
    assert f"libcuda.so.{DRIVER}" in host.file("/run/cdi/nvidia.yaml").content_string


def test_a_container_sees_the_device_that_it_asks_for_and_no_other(host: Any, rootfs: str) -> None:
    assert devices(host, "", rootfs) == []
    assert devices(host, "--device nvidia.com/gpu=1", rootfs) == [
        *CONTROL[:3],
        "nvidia1",
        CONTROL[3],
    ]


def test_nvidias_runtime_gives_the_devices_of_the_environment(host: Any, rootfs: str) -> None:
    binary = "--runc-binary /usr/bin/nvidia-container-runtime"
    found = devices(host, f"{binary} --env NVIDIA_VISIBLE_DEVICES=2,5", rootfs)
    assert found == [*CONTROL[:3], "nvidia2", "nvidia5", CONTROL[3]]


def test_a_container_finds_the_library_of_the_driver(host: Any, rootfs: str) -> None:
    asked = f"{RUN} --device nvidia.com/gpu=0 {rootfs} test cat /proc/mounts"
    mounts = host.check_output(asked).splitlines()
    mounted = {mount.split()[1] for mount in mounts}
    assert f"/usr/lib/x86_64-linux-gnu/libcuda.so.{DRIVER}" in mounted


def test_containerd_runs_with_the_runtime(host: Any) -> None:
    assert host.service("containerd").is_running
    dump = host.check_output("containerd config dump")
    assert "runtimes.nvidia.options]" in dump
    assert "BinaryName = '/usr/bin/nvidia-container-runtime'" in dump


def test_the_specification_is_made_before_containerd_starts_at_boot(host: Any) -> None:
    assert host.service("nvidia-cdi-refresh.service").is_enabled
    assert host.service("nvidia-cdi-refresh.path").is_enabled
    after = host.check_output("systemctl show --property=After containerd.service")
    assert "nvidia-cdi-refresh.service" in after
