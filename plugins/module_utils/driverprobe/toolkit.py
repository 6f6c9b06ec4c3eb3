# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host has of NVIDIA's container toolkit, and what earlier installations left there.

Files are searched for lines: of the Pythons that hosts have many read neither YAML (a package of
its own) nor TOML (Python 3.11).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.pci import pci_devices
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.probe import (
    Run,
    installed_packages,
    loaded_module,
    text_of,
)

# The toolkit's family and its ancestors, and the Docker that one of them served.
PATTERNS = ("*nvidia-container*", "nvidia-docker*", "docker-ce", "docker.io")
KEYRING = "etc/apt/keyrings/baremetal-sglang-nvidia-container-toolkit.asc"
DROP_INS = "etc/containerd/conf.d"
OWN_DROP_IN = "50-baremetal-sglang-nvidia.toml"
# Written by the toolkit's unit nvidia-cdi-refresh.service.
SPECIFICATION = "run/cdi/nvidia.yaml"
# What the installation guides of the archived projects and of the toolkit had people write, and
# what nvidia-ctk itself writes: its drop-in may have a version above that of the root file.
LEFTOVERS = (
    "etc/apt/sources.list.d/libnvidia-container.list",
    "etc/apt/sources.list.d/nvidia-container-runtime.list",
    "etc/apt/sources.list.d/nvidia-container-toolkit.list",
    "etc/apt/sources.list.d/nvidia-docker.list",
    "etc/cdi/nvidia.yaml",
    "etc/containerd/conf.d/99-nvidia.toml",
    "usr/share/keyrings/nvidia-container-toolkit-keyring.gpg",
)
# Where the GPU Operator's container installs its toolkit.
OPERATOR = "usr/local/nvidia/toolkit/nvidia-container-runtime"
VERSION = re.compile(r"^\s*version\s*=\s*(\d+)", re.MULTILINE)
RUNTIME = re.compile(r"^\s*\[.*\.runtimes\.[\"']?nvidia[\"']?\]", re.MULTILINE)
LIBRARY = re.compile(r"/lib(?:cuda|nvidia-ml)\.so\.(\d+\.[\d.]*\d)")
NODE = re.compile(r"\bpath: [\"']?(/dev/nvidia\d+)\b")
NODE_NAME = re.compile(r"nvidia\d+")


def read_toolkit(run: Run, root: Path) -> dict[str, Any]:
    """RV(toolkit) of module toolkit_facts, of the host whose file tree is C(root)."""
    return {
        "gpus": [device.address for device in pci_devices(root).values() if device.is_gpu],
        "loaded": loaded_module(root)["version"],
        "nodes": _nodes(root / "dev"),
        "packages": installed_packages(run, root, PATTERNS),
        "leftovers": [f"/{path}" for path in LEFTOVERS if (root / path).exists()],
        "source": (root / KEYRING).exists(),
        "drop_ins": _drop_ins(root / DROP_INS),
        "specification": _specification(text_of(root / SPECIFICATION)),
        "operator": (root / OPERATOR).exists(),
    }


def _nodes(devices: Path) -> list[str]:
    names = [path.name for path in devices.glob("nvidia*")]
    return sorted(f"/dev/{name}" for name in names if NODE_NAME.fullmatch(name))


def _drop_ins(directory: Path) -> list[dict[str, Any]]:
    paths = sorted(directory.glob("*.toml"))
    return [_drop_in(path) for path in paths if path.name != OWN_DROP_IN]


def _drop_in(path: Path) -> dict[str, Any]:
    text = text_of(path)
    version = VERSION.search(text.partition("\n[")[0])
    return {
        "path": f"/{DROP_INS}/{path.name}",
        "version": int(version[1]) if version else 0,
        "runtime": RUNTIME.search(text) is not None,
    }


def _specification(text: str) -> dict[str, Any]:
    """The driver is that of the libraries which are mounted: the file does not state it."""
    library = LIBRARY.search(text)
    return {
        "driver": library[1] if library else "",
        "nodes": sorted(set(NODE.findall(text))),
    }
