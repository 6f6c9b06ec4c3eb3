"""What is read of a host's container toolkit; dpkg-query is the real one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.run import run
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.toolkit import (
    read_toolkit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import toolkit_facts

from lab.hardware.pci import write
from tests.unit.plugins.module_utils.deviceprobe.shapes import constructed, plant

CONF = "etc/containerd/conf.d"
PACKAGES = """\
Package: nvidia-container-toolkit-base
Status: hold ok installed
Version: 1.2.3-1

Package: libnvidia-container1
Status: install ok installed
Version: 1.2.3-1

Package: nvidia-docker2
Status: install ok installed
Version: 2.13.0-1

Package: docker-ce
Status: deinstall ok config-files
Version: 5:27.1.1-1

Package: nvidia-driver-cuda
Status: install ok installed
Version: 580.1-1
"""
# As nvidia-ctk cdi generate writes it, shortened.
SPECIFICATION = """\
---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
    - name: "1"
      containerEdits:
        deviceNodes:
            - path: /dev/nvidia1
              major: 195
    - name: all
      containerEdits:
        deviceNodes:
            - path: /dev/nvidia0
            - path: /dev/nvidia1
containerEdits:
    deviceNodes:
        - path: /dev/nvidiactl
        - path: /dev/nvidia-uvm
    mounts:
        - hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05
          containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05
"""
RUNTIME = """\
# of nvidia-ctk
version = 4

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.nvidia]
  runtime_type = "io.containerd.runc.v2"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "var/lib/dpkg/status", "")
    return tmp_path


def test_a_bare_host_has_nothing(root: Path) -> None:
    assert read_toolkit(run, root) == {
        "gpus": [],
        "loaded": "",
        "nodes": [],
        "packages": [],
        "leftovers": [],
        "source": False,
        "drop_ins": [],
        "specification": {"driver": "", "nodes": []},
        "operator": False,
    }


def test_gpus_their_nodes_and_the_driver_that_is_loaded(root: Path) -> None:
    plant(root, constructed("hgx-h20")["pci"])
    for name in ("nvidia10", "nvidia9", "nvidiactl", "nvidia-uvm", "null"):
        write(root / "dev" / name, "")
    write(root / "sys/module/nvidia/version", "580.95.05")
    found = read_toolkit(run, root)
    assert len(found["gpus"]) == 8
    assert found["nodes"] == ["/dev/nvidia10", "/dev/nvidia9"]
    assert found["loaded"] == "580.95.05"


def test_packages_of_the_toolkit_its_ancestors_and_docker(root: Path) -> None:
    write(root / "var/lib/dpkg/status", PACKAGES)
    assert read_toolkit(run, root)["packages"] == [
        {"name": "libnvidia-container1", "version": "1.2.3-1", "held": False},
        {"name": "nvidia-container-toolkit-base", "version": "1.2.3-1", "held": True},
        {"name": "nvidia-docker2", "version": "2.13.0-1", "held": False},
    ]


def test_what_earlier_installations_and_the_operator_left(root: Path) -> None:
    write(root / "etc/apt/sources.list.d/nvidia-docker.list", "deb ...")
    write(root / "etc/cdi/nvidia.yaml", "---")
    write(root / "usr/local/nvidia/toolkit/nvidia-container-runtime", "")
    write(root / "etc/apt/keyrings/baremetal-sglang-nvidia-container-toolkit.asc", "")
    found = read_toolkit(run, root)
    assert found["leftovers"] == [
        "/etc/apt/sources.list.d/nvidia-docker.list",
        "/etc/cdi/nvidia.yaml",
    ]
    assert (found["operator"], found["source"]) == (True, True)


@pytest.mark.parametrize(
    ("text", "version", "runtime"),
    [
        (RUNTIME, 4, True),
        (RUNTIME.replace(".nvidia]", '."nvidia"]'), 4, True),
        (RUNTIME.replace(".nvidia]", ".nvidia-legacy]"), 4, False),
        ("version=2\n", 2, False),
        ("# version = 9\n[a]\nversion = 1\n", 0, False),
    ],
)
def test_drop_ins_of_others(root: Path, text: str, version: int, runtime: bool) -> None:
    write(root / CONF / "99-nvidia.toml", text)
    write(root / CONF / "50-baremetal-sglang-nvidia.toml", RUNTIME)
    assert read_toolkit(run, root)["drop_ins"] == [
        {"path": f"/{CONF}/99-nvidia.toml", "version": version, "runtime": runtime}
    ]


def test_driver_and_devices_of_the_specification(root: Path) -> None:
    write(root / "run/cdi/nvidia.yaml", SPECIFICATION)
    assert read_toolkit(run, root)["specification"] == {
        "driver": "580.95.05",
        "nodes": ["/dev/nvidia0", "/dev/nvidia1"],
    }


def test_what_the_module_returns_is_what_it_documents(root: Path) -> None:
    asked = Request({"root": str(root)}, check_mode=True, diff_mode=False)
    found = toolkit_facts.operate(asked).result["toolkit"]
    assert set(found) == set(yaml.safe_load(toolkit_facts.RETURN)["toolkit"]["contains"])
