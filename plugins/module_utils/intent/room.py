# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memory, CPUs and disk that each host needs for its part of the site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    FileSystem,
    HostFacts,
    Image,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan
from ansible_collections.baremetal.sglang.plugins.module_utils.units import GIB, gib

IMAGES = "/var/lib/containerd"
LOGS = "/var/log/pods"
# kubeadm's preflight: ControlPlaneMem is 1700 MB, ControlPlaneNumCPU is 2.
CONTROL_PLANE_MEMORY = 1700 * 1000**2
CONTROL_PLANE_CPUS = 2
# The operating system, the kubelet and containerd beside the ranks.
NODE_MEMORY = GIB
# The kubelet keeps 5 files of 10 MiB of each container (containerLogMaxFiles, -MaxSize): 20
# containers.
LOGS_BYTES = GIB
# Unpacked size over compressed size of an image whose manifest does not give it: measured on the
# engine for CPUs, 266 MB of zstd layers and 1.09 GB in the overlayfs snapshots.
UNPACKED_RATIO = 4.1


@dataclass(frozen=True)
class Part:
    """Sizes of a part of the bundle in bytes; C(digest) is the manifest's of an image, or ""."""

    bytes: int
    unpacked_bytes: int
    digest: str


@dataclass(frozen=True)
class Demand:
    """Room that something needs below C(path), in bytes."""

    path: str
    bytes: int
    purpose: str


def part_of(parts: Mapping[str, Any], name: str) -> Optional[Part]:
    """A part's sizes from the bundle's manifest; None where it gives none.

    C(UNPACKED_RATIO) stands in for the unpacked size of an image that does not say it.
    """
    entry = parts.get(name)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("bytes"), int):
        return None
    size = entry["bytes"]
    unpacked = entry.get("unpacked_bytes")
    if not isinstance(unpacked, int):
        unpacked = int(size * UNPACKED_RATIO)
    return Part(size, unpacked, str(entry.get("digest", "")))


def part_of_image(image: Image) -> Part:
    """The sizes of an image that only the mirror's registry knows."""
    return Part(image.bytes, int(image.bytes * UNPACKED_RATIO), image.digest)


def room_faults(
    inventory: Inventory,
    plan: Optional[Plan],
    facts: Mapping[str, HostFacts],
    demands: Mapping[str, tuple[Demand, ...]],
) -> Iterator[Fault]:
    """Hosts with too few CPUs, too little memory or too little disk."""
    for host, fact in sorted(facts.items()):
        yield from _cpus(host, fact, inventory)
        yield from _memory(host, fact, inventory, plan)
        yield from _disk(host, fact, demands.get(host, ()))


def disk_demands(
    *, image: Optional[Part], model_bytes: int, weights: str, fact: HostFacts
) -> tuple[Demand, ...]:
    """What a serving host still has to take.

    C(model_bytes) is the model's size, 0 where nobody knows it; C(weights) is its directory: what
    lies there already needs no more room.
    """
    demands = [Demand(LOGS, LOGS_BYTES, "logs")]
    if image is not None and image.digest not in fact.blobs:
        size = image.bytes + image.unpacked_bytes
        demands.append(Demand(IMAGES, size, "the engine image, compressed and unpacked"))
    there = sum(fact.directories[weights].files.values()) if weights in fact.directories else 0
    demands.append(Demand(weights, max(0, model_bytes - there), "the model"))
    return tuple(demand for demand in demands if demand.bytes)


def _cpus(host: str, fact: HostFacts, inventory: Inventory) -> Iterator[Fault]:
    if host in inventory.group("control_plane") and fact.cpus < CONTROL_PLANE_CPUS:
        yield Fault(
            code="too_few_cpus",
            where=host,
            found=f"{fact.cpus} CPU",
            needed=f"{CONTROL_PLANE_CPUS} CPUs for the control plane",
            fix="give the host more CPUs, or take another host",
        )


def _memory(
    host: str, fact: HostFacts, inventory: Inventory, plan: Optional[Plan]
) -> Iterator[Fault]:
    needs: list[tuple[str, int]] = []
    if host in inventory.nodes:
        needs.append(("the node", NODE_MEMORY))
    if host in inventory.group("control_plane"):
        needs.append(("the control plane", CONTROL_PLANE_MEMORY))
    if plan is not None:
        each = plan.resources.memory_gib * GIB
        needs += [(f"rank {rank.rank}", each) for rank in plan.ranks if rank.host == host]
    needed = sum(size for _purpose, size in needs)
    if fact.memory_bytes < needed:
        parts = ", ".join(f"{gib(size)} for {purpose}" for purpose, size in needs)
        yield Fault(
            code="too_little_memory",
            where=host,
            found=f"{gib(fact.memory_bytes)} of memory",
            needed=f"{gib(needed)}: {parts}",
            fix="plan a smaller layout, lower resources.memory_gib, or take a larger host",
        )


def _disk(host: str, fact: HostFacts, demands: tuple[Demand, ...]) -> Iterator[Fault]:
    """Demands on one file system add up."""
    by_device: dict[str, list[Demand]] = defaultdict(list)
    known: dict[str, FileSystem] = {}
    for demand in demands:
        filesystem = fact.filesystems[demand.path]
        by_device[filesystem.device].append(demand)
        known[filesystem.device] = filesystem
    for device, several in sorted(by_device.items()):
        needed = sum(demand.bytes for demand in several)
        free = known[device].free_bytes
        if free < needed:
            parts = ", ".join(f"{gib(d.bytes)} for {d.purpose}" for d in several)
            paths = ", ".join(sorted({demand.path for demand in several}))
            yield Fault(
                code="too_little_disk",
                where=host,
                found=f"{gib(free)} free for {paths}",
                needed=f"{gib(needed)}: {parts}",
                fix="free space on this file system, or mount a larger one there",
            )
