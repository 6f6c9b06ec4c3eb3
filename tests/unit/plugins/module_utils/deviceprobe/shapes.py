"""Hosts to read: file trees from `pci.txt` tables, NVML and nvidia-smi from tests/fixtures.

What is simulated is the lowest layer alone: sysfs, the functions of pynvml, nvidia-smi's output.
"""

# ruff: noqa: ARG002, N802  names and arguments of Nvml are those of pynvml
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.gpus import Sources
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.reading import (
    SourceError,
)

from lab.hardware.pci import PCI_LINE, link, plant_pci, write

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures"
RECORDED = FIXTURES / "recorded"


def constructed(name: str) -> dict[str, Any]:
    """A constructed shape, with its GPUs' addresses in order as `addresses`."""
    place = FIXTURES / "constructed" / name
    shape: dict[str, Any] = yaml.safe_load((place / "shape.yml").read_text())
    shape["pci"] = (place / "pci.txt").read_text()
    shape["topology"] = (place / "topo.txt").read_text() if "gpu" in shape else ""
    rows = [match for match in PCI_LINE.finditer(shape["pci"]) if match["vendor"] == "0x10de"]
    gpus = [match["path"].split("/")[-1] for match in rows if match["class"].startswith("0x0302")]
    switches = len(rows) - len(gpus)
    return {"lost": [], "message": "", **shape, "addresses": gpus, "nvswitches": switches}


def plant(root: Path, table: str) -> Path:
    """Make the sysfs tree that a `pci.txt` table describes; RDMA devices for ConnectX cards."""
    nics = 0
    for entry, vendor in plant_pci(root, table):
        if vendor == "0x15b3":
            plant_nic(root, entry, f"mlx5_{nics}")
            nics += 1
    return root


def plant_nic(root: Path, entry: Path, name: str) -> Path:
    """An RDMA device of the PCI function at `entry`, with an InfiniBand port that is up."""
    device = entry / "infiniband" / name
    link(device / "device", entry)
    link(root / "sys/class/infiniband" / name, device)
    port = device / "ports/1"
    for attribute, value in {
        "state": "4: ACTIVE",
        "phys_state": "5: LinkUp",
        "rate": "400 Gb/sec (4X NDR)",
        "link_layer": "InfiniBand",
    }.items():
        write(port / attribute, value)
    (port / "gids").mkdir()
    return device


def plant_rdma_host(root: Path) -> None:
    """The sysfs tree of the constructed host with RDMA devices of all kinds."""
    shape = yaml.safe_load((FIXTURES / "constructed/rdma.yml").read_text())
    for node in (0, 1):
        (root / f"sys/devices/system/node/node{node}").mkdir(parents=True)
    for name, device in shape["devices"].items():
        model = shape["devices"].get(device.get("like"), device)
        _plant_device(root, name, {**device, "files": {**model["files"], **device["files"]}})
    for bond, slaves in shape["bonds"].items():
        (root / "sys/class/net" / bond / "bonding").mkdir(parents=True)
        for slave in slaves:
            link(root / "sys/class/net" / slave / "master", root / "sys/class/net" / bond)


def _plant_device(root: Path, name: str, device: dict[str, Any]) -> None:
    place = root / "sys/devices/virtual/infiniband" / name
    if "pci" in device:
        entry = root / "sys/devices" / device["pci"]
        place = entry / "infiniband" / name
        write(entry / "numa_node", str(device["numa_node"]))
        link(place / "device", entry)
        for netdev, port in device["net"].items():
            write(entry / "net" / netdev / "dev_port", port)
        if "physfn" in device:
            link(entry / "physfn", root / "sys/devices" / device["physfn"])
    for path, text in device["files"].items():
        write(place / path, text)
    link(root / "sys/class/infiniband" / name, place)


def no_nvidia_smi(arguments: Sequence[str]) -> str:
    """A host without nvidia-smi."""
    raise SourceError("nvidia-smi: not found")


def recorded_smi(name: str) -> Callable[[Sequence[str]], str]:
    """nvidia-smi as it was recorded."""
    files = {"-q": "nvidia-smi-q.xml", "topo": "topo.txt", "--query-gpu": "query.csv"}

    def run(arguments: Sequence[str]) -> str:
        return (RECORDED / name / files[arguments[0].partition("=")[0]]).read_text()

    return run


def smi(shape: dict[str, Any]) -> Callable[[Sequence[str]], str]:
    """nvidia-smi of a constructed shape."""
    found = [at for at in range(len(shape["addresses"])) if at not in shape["lost"]]

    def run(arguments: Sequence[str]) -> str:
        if "gpu" not in shape:
            return str(shape["message"])
        if arguments[0] == "-q":
            gpus = "".join(_xml(shape, at) for at in found)
            head = f"<driver_version>{shape['driver']}</driver_version>"
            head += f"<cuda_version>{shape['cuda']}</cuda_version>"
            log = f"<nvidia_smi_log>{head}{gpus}</nvidia_smi_log>"
            return f'{shape["message"]}<?xml version="1.0" ?>\n{log}'
        if arguments[0] == "topo":
            return f"{shape['message']}{shape['topology']}"
        capability = shape["gpu"]["compute_capability"]
        rows = [f"{at}, 0000{shape['addresses'][at].upper()}, {capability}" for at in found]
        return "\n".join([f"{shape['message']}index, pci.bus_id, compute_cap", *rows, ""])

    return run


def _xml(shape: dict[str, Any], at: int) -> str:
    gpu = shape["gpu"]
    instances = "<mig_device><index>0</index></mig_device>" * gpu.get("mig_devices", 0)
    return f"""<gpu id="0000{shape["addresses"][at].upper()}">
        <product_name>{gpu["name"]}</product_name><uuid>GPU-{at}</uuid>
        <fb_memory_usage><total>{gpu["memory_mib"]} MiB</total></fb_memory_usage>
        <mig_mode><current_mig>{gpu["mig_mode"]}</current_mig></mig_mode>
        <mig_devices>{instances or "None"}</mig_devices>
        <ecc_mode><current_ecc>{gpu["ecc_mode"]}</current_ecc></ecc_mode>
        <fabric><state>{"Completed" if gpu["nvlinks"] == 18 else "N/A"}</state></fabric></gpu>"""


class NVMLError(Exception):
    """pynvml's error: its number is `value`."""

    def __init__(self, value: int) -> None:
        super().__init__(f"NVML error {value}")
        self.value = value


class Nvml:
    """The functions of pynvml that the adapter calls, over a constructed shape.

    `start_error` is what nvmlInit answers; a lost GPU answers 15, GPU_IS_LOST, to its handle.
    """

    NVMLError = NVMLError
    NVML_FEATURE_ENABLED = 1
    NVML_NVLINK_MAX_LINKS = 36
    NVML_NVLINK_DEVICE_TYPE_GPU = 0
    NVML_NVLINK_DEVICE_TYPE_SWITCH = 2
    NVML_MEMORY_ERROR_TYPE_CORRECTED = 0
    NVML_MEMORY_ERROR_TYPE_UNCORRECTED = 1
    NVML_VOLATILE_ECC = 0
    NVML_AGGREGATE_ECC = 1

    def __init__(self, shape: dict[str, Any], start_error: int = 0, lost_error: int = 15) -> None:
        self.shape, self.start_error, self.lost_error = shape, start_error, lost_error
        self.gpu = shape.get("gpu", {})
        self.open = False

    def nvmlInit(self) -> None:
        if self.start_error:
            raise NVMLError(self.start_error)
        self.open = True

    def nvmlShutdown(self) -> None:
        self.open = False

    def nvmlSystemGetDriverVersion(self) -> bytes:
        return str(self.shape["driver"]).encode()

    def nvmlSystemGetCudaDriverVersion(self) -> int:
        major, _, minor = (self.shape["cuda"] or "0.0").partition(".")
        return int(major) * 1000 + int(minor) * 10

    def nvmlDeviceGetCount(self) -> int:
        return len(self.shape["addresses"])

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        if index in self.shape["lost"]:
            raise NVMLError(self.lost_error)
        return index

    def nvmlDeviceGetPciInfo(self, handle: int) -> Any:
        return SimpleNamespace(busId=f"0000{self.shape['addresses'][handle].upper()}".encode())

    def nvmlDeviceGetName(self, handle: int) -> str:
        return str(self.gpu["name"])

    def nvmlDeviceGetUUID(self, handle: int) -> str:
        return f"GPU-{handle}"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:
        return SimpleNamespace(total=self.gpu["memory_mib"] * 1024 * 1024)

    def nvmlDeviceGetCudaComputeCapability(self, handle: int) -> tuple[int, int]:
        major, minor = str(self.gpu["compute_capability"]).split(".")
        return int(major), int(minor)

    def nvmlDeviceGetNvLinkState(self, handle: int, number: int) -> int:
        if number >= self.gpu["nvlinks"]:
            raise NVMLError(3 if not self.gpu["nvlinks"] else 2)
        return 1

    def nvmlDeviceGetNvLinkRemoteDeviceType(self, handle: int, number: int) -> int:
        return 0 if "bridge" in self.gpu else 2

    def nvmlDeviceGetNvLinkRemotePciInfo(self, handle: int, number: int) -> Any:
        return self.nvmlDeviceGetPciInfo(1 - handle)

    def nvmlDeviceGetMigMode(self, handle: int) -> list[int]:
        if self.gpu["mig_mode"] == "N/A":
            raise NVMLError(3)
        return [int(self.gpu["mig_mode"] == "Enabled")] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: int) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: int, index: int) -> int:
        if index >= self.gpu["mig_devices"]:
            raise NVMLError(6)
        return index

    def nvmlDeviceGetEccMode(self, handle: int) -> list[int]:
        if self.gpu["ecc_mode"] == "N/A":
            raise NVMLError(3)
        return [int(self.gpu["ecc_mode"] == "Enabled")] * 2

    def nvmlDeviceGetTotalEccErrors(self, handle: int, kind: int, counter: int) -> int:
        counts: list[list[int]] = self.gpu.get("ecc_errors", [[0, 0], [0, 0]])
        return counts[counter][kind]


def sources(root: Path, name: str, source: str) -> Sources:
    """A constructed host on which `source` is the first that can answer."""
    shape = constructed(name)
    plant(root, shape["pci"])
    nvml = Nvml(shape) if source == "nvml" else None
    return Sources(root, nvml, no_nvidia_smi if source == "pci" else smi(shape))
