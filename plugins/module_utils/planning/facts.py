# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One host as the planner sees it: found where it was asked, else as declared."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.declared import (
    Described,
    compare,
    declared_node,
    limited,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.declared_shape import (
    Hardware,
    parse_hardware,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.device_facts import (
    parse_gpus,
    parse_nics,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    NodeGpu,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import Place
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rail_choice import (
    RailChoice,
    choose_rails,
    unknown_rails,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    ENABLED,
    Gpu,
    HostGpus,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.distances import (
    nvlinks_between,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    UNKNOWN,
    Storage,
)

GIB = 1024**3
MEGABIT = 1e6 / 8
# What module host_facts is asked for the planner beside what it always returns: the kind of the
# driver's kernel modules, and the files by which NCCL knows nvidia_peermem.
DRIVER_TEXT = "/proc/driver/nvidia/version"
PEER_MEMORY_FILES = ("/sys/module/nvidia_peermem", "/sys/kernel/mm/memory_peers/nv_mem")
OPEN_MODULES = "Open Kernel Module"
# DMA-BUF of RDMA devices came with Linux 5.12; the driver's open modules alone offer it.
DMA_BUF_KERNEL = (5, 12)
# NVLink SHARP: NVSwitches of the Hopper generation and later.
MULTICAST_CAPABILITY = (9, 0)


@dataclass(frozen=True)
class HostReading:
    """One host: C(differences) are between declared and found, of which found won."""

    node: Node
    differences: tuple[Fault, ...]
    warnings: tuple[str, ...]
    faults: tuple[Fault, ...]


def read_host(values: Mapping[str, Any], place: Place) -> HostReading:
    """Read one entry of option C(hosts) of module serving_plan.

    C(values) has C(name), C(address), C(gpus), C(hardware), and C(gpu_facts), C(rdma_facts) and
    C(host_facts), the return values of these modules, empty for a host that was not asked.
    C(storage) is what the place of the weights becomes, in the keys of host_facts; empty where it
    stays as it is.
    C(place) is where the host is. Faults, not exceptions, tell of bad declarations and facts.
    """
    described = Described(values["name"], values["address"], place, values["gpus"])
    hardware, faults = parse_hardware(values["hardware"], host=described.name)
    declared = declared_node(described, hardware)
    if not values["gpu_facts"]:
        missing = _undeclared(declared, values["hardware"])
        return HostReading(
            declared, (), (), (*faults, *missing, *_unknown_rails(hardware, described))
        )
    try:
        gpus = parse_gpus(values["gpu_facts"], host=described.name)
        nics = parse_nics(values["rdma_facts"] or {"devices": []}, host=described.name)
    except InputError as error:
        return HostReading(declared, (), (), (*faults, *_unreadable(described.name, error)))
    choice = choose_rails(
        [gpu for gpu in gpus.gpus if not gpu.lost],
        nics,
        names=place.rails,
        host=described.name,
        address=described.address,
    )
    node = _found(declared, gpus, choice, values["host_facts"])
    if values["storage"]:
        node = replace(node, storage=_stored(values["storage"]) or declared.storage)
    return HostReading(
        node=replace(node, gpus=limited(node.gpus, described.gpus)),
        differences=compare(declared, node) if values["hardware"] and not faults else (),
        warnings=tuple(_warnings(described.name, gpus)),
        faults=ordered((*faults, *choice.faults, *_memory_faults(node))),
    )


def _found(declared: Node, gpus: HostGpus, choice: RailChoice, host: Mapping[str, Any]) -> Node:
    """The declared host with all that the facts say; what they cannot say stays as declared."""
    usable = [gpu for gpu in gpus.gpus if _usable(gpu)]
    known = bool(usable) and all(gpu.nvlink.known for gpu in usable)
    node = replace(
        declared,
        gpus=tuple(_node_gpu(gpu, declared) for gpu in usable),
        rails=choice.rails,
        passed_over=choice.passed_over,
        nvlink=_linked(usable) if known else declared.nvlink,
        multicast=_multicast(usable) if known else declared.multicast,
        declared=False,
    )
    if not host:
        return node
    return replace(
        node,
        memory_gib=host["memory_bytes"] // GIB,
        cores=host["cpus"],
        peer_memory=_peer_memory(host) or declared.peer_memory,
        tcp_rate=_tcp_rate(host, declared.address) or declared.tcp_rate,
        storage=_storage(host["storage"]) or declared.storage,
    )


def _usable(gpu: Gpu) -> bool:
    """Neither lost nor cut up: an engine takes whole GPUs."""
    return not gpu.lost and gpu.mig.mode != ENABLED


def _node_gpu(gpu: Gpu, declared: Node) -> NodeGpu:
    """A GPU whose name or memory nobody could ask for takes them from the declaration."""
    said = declared.gpus[0] if declared.gpus else NodeGpu(0, gpu.name, 0, -1)
    model = gpu.name if _known(gpu.name) else said.model
    return NodeGpu(gpu.index, model, gpu.memory_mib or said.memory_mib, gpu.numa_node)


def _known(name: str) -> bool:
    try:
        find_gpu(name)
    except InputError:
        return False
    return True


def _linked(gpus: list[Gpu]) -> bool:
    """Each GPU reaches each other over NVLink; a single one reaches all others there are."""
    return all(nvlinks_between(one, other) for one, other in combinations(gpus, 2))


def _multicast(gpus: list[Gpu]) -> bool:
    return len(gpus) > 1 and all(
        gpu.nvlink.switch and _numbers(gpu.compute_capability) >= MULTICAST_CAPABILITY
        for gpu in gpus
    )


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: V(6.8.0-40-generic) to (6, 8, 0)."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _peer_memory(host: Mapping[str, Any]) -> str:
    driver = host["texts"].get(DRIVER_TEXT, {}).get("text", "")
    if OPEN_MODULES in driver and _numbers(host["kernel"]) >= DMA_BUF_KERNEL:
        return "dmabuf"
    return "nvidia_peermem" if set(PEER_MEMORY_FILES) & set(host["existing"]) else ""


def _tcp_rate(host: Mapping[str, Any], address: str) -> float:
    """Bytes/s of the interface with the address, where the file with its speed was asked for."""
    speed = host["texts"].get(f"/sys/class/net/{_interface(host, address)}/speed", {})
    return max(0, int(speed.get("text", "").strip() or 0)) * MEGABIT


def _interface(host: Mapping[str, Any], address: str) -> str:
    """The interface whose network has the address, or an empty text."""
    try:
        own = ipaddress.ip_address(address)
    except ValueError:  # a name, or nothing at all
        return ""
    routes = (
        (ipaddress.ip_network(route["network"]), route["interface"]) for route in host["routes"]
    )
    holding = [pair for pair in routes if own in pair[0]]
    return max(holding, key=lambda pair: pair[0].prefixlen)[1] if holding else ""


def _storage(paths: Mapping[str, Mapping[str, Any]]) -> Optional[Storage]:
    """What the one path that was asked for is stored on; nothing where that cannot be told."""
    for found in paths.values():
        stored = _stored(found)
        if stored:
            return stored
    return None


def _stored(found: Mapping[str, Any]) -> Optional[Storage]:
    if found["kind"] == UNKNOWN:
        return None
    options = [f"{name}={value}" for name, value in found["options"].items()]
    return Storage(found["kind"], found["filesystem"], " ".join([*found["disks"], *options]))


def _warnings(host: str, gpus: HostGpus) -> Iterator[str]:
    for gpu in gpus.gpus:
        if gpu.lost:
            yield f"{host}: GPU {gpu.pci_address or gpu.index} does not answer and is left out"
        elif not _usable(gpu):
            yield (
                f"{host}: GPU {gpu.index} is left out, since MIG is enabled on it; turn it off "
                f"with nvidia-smi -i {gpu.index} -mig 0"
            )


def _memory_faults(node: Node) -> Iterator[Fault]:
    if any(not gpu.memory_mib for gpu in node.gpus):
        yield Fault(
            code="gpu_memory_unknown",
            where=node.name,
            found="GPUs whose memory neither NVML nor nvidia-smi told",
            needed="the memory of each GPU",
            fix="install the NVIDIA driver on the host, or declare gpu and gpus in site_hardware",
        )


def _undeclared(node: Node, hardware: Mapping[str, Any]) -> Iterator[Fault]:
    if not hardware:
        yield Fault(
            code="hardware_unknown",
            where=node.name,
            found="neither facts nor a declaration",
            needed="what the host has",
            fix="declare site_hardware, or make the host reachable",
        )


def _unknown_rails(hardware: Hardware, described: Described) -> tuple[Fault, ...]:
    """Names in C(site_rails) that the declared rails, where there are any, lack."""
    known = [
        name for rail in hardware.rails for name in (rail.device, f"{rail.device}:{rail.port}")
    ]
    return unknown_rails(described.place.rails, known, described.name) if known else ()


def _unreadable(host: str, error: InputError) -> Iterator[Fault]:
    yield Fault(
        code="device_facts_unreadable",
        where=host,
        found=str(error),
        needed="what gpu_facts and rdma_facts of this version return",
        fix="read the facts again with this version of the collection",
    )
