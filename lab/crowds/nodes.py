"""Nodes of a cluster with the figures that an inventory declares for its hosts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.hosts.errors import DefinitionError

INVENTORY_PROGRAM = Path(sys.executable).with_name("ansible-inventory")
GROUPS = ("workers", "serving")
RACK_LABEL = "sglang.baremetal.io/rack"
PODS = 110
"""Pods that a kubelet takes unless it is told otherwise."""
RDMA_SHARES = 1000
"""Pods that may share a host's RDMA ports, as the example of k8s-rdma-shared-dev-plugin has it."""


@dataclass(frozen=True)
class Machine:
    """One host of an inventory as a node shows it. `memory_gib` in GiB, `rack` may be empty.

    `rdma` is the resource of the site's RDMA device plugin, empty on a host without RDMA ports.
    """

    name: str
    rack: str
    gpu: str
    gpus: int
    cores: int
    memory_gib: int
    rdma: str


def read_inventory(directory: Path) -> list[Machine]:
    """The hosts of the groups `workers` and `serving`, sorted by name.

    Ansible itself reads the inventory. Raises `DefinitionError` with every host whose variable
    `site_hardware` lacks a figure that a node cannot do without.
    """
    shown = subprocess.run(
        [INVENTORY_PROGRAM, "--list", "-i", directory],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"},
    )
    if shown.returncode != 0:
        raise DefinitionError(str(directory), [shown.stderr.strip().splitlines()[-1]])
    return machines(json.loads(shown.stdout), str(directory))


def machines(inventory: Mapping[str, Any], source: str) -> list[Machine]:
    """The hosts of an inventory as `ansible-inventory --list` prints it."""
    names = sorted({host for group in GROUPS for host in _hosts(inventory, group)})
    variables = {name: inventory["_meta"]["hostvars"].get(name, {}) for name in names}
    faults = [fault for name in names for fault in _faults(name, variables[name])]
    if not names:
        faults = [f"found no host in the groups {' and '.join(GROUPS)}, needed one at least"]
    if faults:
        raise DefinitionError(source, faults)
    return [_machine(name, variables[name]) for name in names]


def _hosts(inventory: Mapping[str, Any], group: str) -> Iterator[str]:
    entry = inventory.get(group, {})
    yield from entry.get("hosts", [])
    for child in entry.get("children", []):
        yield from _hosts(inventory, child)


def _faults(name: str, variables: Mapping[str, Any]) -> Iterator[str]:
    hardware = variables.get("site_hardware", {})
    for key in ("cores", "memory_gib"):
        if not hardware.get(key):
            yield f"host {name}: found no site_hardware.{key}, needed a number above 0"


def _machine(name: str, variables: Mapping[str, Any]) -> Machine:
    hardware = variables["site_hardware"]
    return Machine(
        name=name,
        rack=str(variables.get("site_rack", "")),
        gpu=str(hardware.get("gpu", "")),
        gpus=int(hardware.get("gpus", 0)),
        cores=int(hardware["cores"]),
        memory_gib=int(hardware["memory_gib"]),
        rdma=str(variables.get("site_rdma_resource", "")) if hardware.get("rails") else "",
    )


def node(machine: Machine) -> dict[str, Any]:
    """The Node object of a machine.

    GPU labels are those of NVIDIA's GPU feature discovery, the rack is the collection's own label.
    """
    room = {
        "cpu": str(machine.cores),
        "memory": f"{machine.memory_gib}Gi",
        "pods": str(PODS),
        **({"nvidia.com/gpu": str(machine.gpus)} if machine.gpus else {}),
        **({machine.rdma: str(RDMA_SHARES)} if machine.rdma else {}),
    }
    labels = {
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        **({RACK_LABEL: machine.rack} if machine.rack else {}),
        **(
            {"nvidia.com/gpu.product": machine.gpu, "nvidia.com/gpu.count": str(machine.gpus)}
            if machine.gpus
            else {}
        ),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": machine.name, "labels": labels},
        "status": {"capacity": room, "allocatable": room},
    }
