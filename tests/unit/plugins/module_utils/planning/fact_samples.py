"""Facts of recorded and constructed hosts, as the modules return them, and single devices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.gpus import (
    Sources,
    gpu_finding,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.rdma import (
    rdma_finding,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.facts import (
    HostReading,
    read_host,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import Place
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gid,
    Gpu,
    Nic,
    NvLink,
    RdmaPort,
)

from tests.unit.plugins.module_utils.deviceprobe.shapes import (
    RECORDED,
    plant_rdma_host,
    recorded_smi,
    sources,
)


def constructed_facts(root: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What gpu_facts and rdma_facts return of a constructed host, its tree made in `root`."""
    gpu = gpu_finding(sources(root, name, "nvml")).result["gpu"]
    return json_like(gpu), json_like(rdma_finding(root).result["rdma"])


def recorded_gpus(name: str) -> dict[str, Any]:
    """What gpu_facts returns of a recorded host."""
    if name == "h100x1":
        recorded = json.loads((RECORDED / "h100x1/reader.json").read_text())
        return dict(recorded["nvml"]["gpu"])
    nowhere = Path("/nonexistent")
    found = gpu_finding(Sources(nowhere, None, recorded_smi(name))).result["gpu"]
    return dict(json_like(found))


def constructed_nics(root: Path) -> dict[str, Any]:
    """What rdma_facts returns of the constructed host of tests/fixtures/constructed/rdma.yml."""
    plant_rdma_host(root)
    return dict(json_like(rdma_finding(root).result["rdma"]))


def json_like(value: Any) -> Any:
    """A module's result as it comes back to the controller."""
    return json.loads(json.dumps(value))


def gpu(index: int, *path: str, **values: Any) -> Gpu:
    """A GPU at the end of a PCI path."""
    return Gpu(index=index, pci_address=path[-1], pci_path=path, numa_node=0, **values)


def port(state: str = "ACTIVE", **values: Any) -> RdmaPort:
    """An InfiniBand port of 400 Gb/s."""
    given: dict[str, Any] = {
        "number": 1,
        "physical_state": "LinkUp",
        "rate_gbps": 400.0,
        "link_layer": "InfiniBand",
        "netdev": "",
        "bond": "",
        "gids": (),
    }
    return RdmaPort(state=state, **{**given, **values})


def nic(name: str, *path: str, ports: tuple[RdmaPort, ...] = (), **values: Any) -> Nic:
    """A ConnectX-7 at the end of a PCI path; without one a device made in software."""
    given: dict[str, Any] = {
        "pci_address": path[-1] if path else "",
        "pci_path": path,
        "numa_node": 0,
        "model": "MT4129",
        "firmware": "",
        "board": "",
        "node_guid": "",
        "virtual_function": False,
    }
    return Nic(name=name, ports=ports or (port(),), **{**given, **values})


def gid(index: int, text: str, ipv4: str = "", kind: str = "RoCE v2", netdev: str = "") -> Gid:
    return Gid(index=index, gid=text, type=kind, netdev=netdev, ipv4=ipv4)


SWITCHED = NvLink(known=True, links=18, switch=True)


GIB = 1024**3
RACK = Place("r1")
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05"
H100 = {"gpu": "h100-sxm-80gb", "gpus": 1}
WEIGHTS = "/var/lib/baremetal-sglang/models"


def stored(kind: str, **values: Any) -> dict[str, Any]:
    """What host_facts says of a path."""
    plain = {"filesystem": "", "source": "", "disks": [], "options": {}}
    return {"kind": kind, **plain, **values}


def host_facts(**values: Any) -> dict[str, Any]:
    return {
        "cpus": 192,
        "memory_bytes": 2015 * GIB + 1,
        "kernel": "6.8.0-40-generic",
        "texts": {"/proc/driver/nvidia/version": {"text": OPEN, "error": ""}},
        "existing": [],
        "storage": {WEIGHTS: stored("unknown")},
        "routes": [
            {"interface": "ens3", "network": "10.20.0.0/24"},
            {"interface": "wide0", "network": "10.0.0.0/8"},
        ],
        **values,
    }


def read(place: Place = RACK, **values: Any) -> HostReading:
    given = {"name": "gpu-01", "address": "10.20.0.12", "gpus": 0, "hardware": {}}
    asked: dict[str, Any] = {"gpu_facts": {}, "rdma_facts": {}, "host_facts": {}, "storage": {}}
    return read_host({**given, **asked, **values}, place)
