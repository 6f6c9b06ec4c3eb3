# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host as C(site_hardware) declares it, and how it differs from the host that was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.declared_shape import (
    Hardware,
    RailSaid,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    NodeGpu,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import GIGABIT
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import Place
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    UNKNOWN,
    Storage,
)

GIGABYTE = 1e9
# The kernel keeps a part of main memory for itself, so that MemTotal is less than what is built in.
MEMORY_TOLERANCE = 0.05


@dataclass(frozen=True)
class Described:
    """What an inventory says of one host beside its hardware; C(gpus) limits them, 0 for all."""

    name: str
    address: str
    place: Place
    gpus: int


def declared_node(described: Described, hardware: Hardware) -> Node:
    """The host as declared. Raises InputError when the GPU model is not known.

    GPUs are spread over the NUMA nodes in order of their index, as many on each.
    """
    rails = _chosen(tuple(_rail(rail) for rail in hardware.rails), described.place.rails)
    return Node(
        name=described.name,
        rack=described.place.rack,
        leaf_switch=described.place.leaf_switch,
        gpus=limited(_gpus(hardware), described.gpus),
        rails=rails,
        interface=hardware.interface,
        address=described.address,
        tcp_rate=hardware.tcp_gbps * GIGABIT,
        disk_rate=hardware.disk_gb_per_second * GIGABYTE,
        storage=Storage(hardware.storage or UNKNOWN),
        memory_gib=hardware.memory_gib,
        cores=hardware.cores,
        nvlink=hardware.nvlink,
        multicast=hardware.multicast,
        nvlink_domain=hardware.nvlink_domain,
        peer_memory=hardware.peer_memory,
        declared=True,
    )


def limited(gpus: tuple[NodeGpu, ...], limit: int) -> tuple[NodeGpu, ...]:
    """The GPUs that a plan may use: the first C(limit), or all with 0."""
    return gpus[:limit] if limit else gpus


def compare(declared: Node, found: Node) -> tuple[Fault, ...]:
    """One fault for each declared value that the host does not have.

    What a declaration leaves out (an empty text, 0, no rails) is not compared.
    """
    return ordered(
        Fault(
            code="declared_differs",
            where=f"{found.name}: {what}",
            found=seen,
            needed=f"{said}, as site_hardware declares",
            fix="correct site_hardware, or repair the host",
        )
        for what, said, seen in _differences(declared, found)
        if said != seen
    )


def _differences(declared: Node, found: Node) -> Iterator[tuple[str, str, str]]:
    if declared.gpus:
        yield "gpus", _gpu_text(declared), _gpu_text(found)
        yield "nvlink", _yes(declared.nvlink), _yes(found.nvlink)
    if declared.rails:
        yield "rails", _rail_text(declared), _rail_text(found)
    if declared.peer_memory:
        yield "peer_memory", declared.peer_memory, found.peer_memory or "none"
    if declared.tcp_rate and found.tcp_rate:
        yield "tcp_gbps", _gigabits(declared.tcp_rate), _gigabits(found.tcp_rate)
    if UNKNOWN not in (declared.storage.kind, found.storage.kind):
        yield "storage", declared.storage.kind, found.storage.kind
    if declared.cores and found.cores:
        yield "cores", str(declared.cores), str(found.cores)
    gap = abs(declared.memory_gib - found.memory_gib)
    if found.memory_gib and gap > declared.memory_gib * MEMORY_TOLERANCE > 0:
        yield "memory_gib", f"{declared.memory_gib} GiB", f"{found.memory_gib} GiB"


def _gpu_text(node: Node) -> str:
    kinds = sorted({(_catalogue_name(gpu.model), gpu.memory_mib) for gpu in node.gpus})
    return f"{len(node.gpus)} x " + ", ".join(f"{name} of {size} MiB" for name, size in kinds)


def _catalogue_name(model: str) -> str:
    try:
        return find_gpu(model).name
    except InputError:
        return model


def _rail_text(node: Node) -> str:
    rails = sorted(
        f"{rail.name} {rail.link_layer} {_gigabits(rail.rate) if rail.up else 'down'}"
        for rail in node.rails
    )
    return ", ".join(rails) or "none"


def _gigabits(rate: float) -> str:
    return f"{rate / GIGABIT:g} Gb/s"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _gpus(hardware: Hardware) -> tuple[NodeGpu, ...]:
    if not hardware.gpus:
        return ()
    memory = hardware.gpu_memory_mib or find_gpu(hardware.gpu).memory_mib
    each = -(-hardware.gpus // hardware.numa_nodes)
    return tuple(
        NodeGpu(index, hardware.gpu, memory, index // each) for index in range(hardware.gpus)
    )


def _rail(said: RailSaid) -> Rail:
    return Rail(
        device=said.device,
        port=said.port,
        link_layer=said.link_layer,
        rate=said.rate_gbps * GIGABIT,
        netdev=said.netdev,
        gid_index=said.gid_index,
        up=said.up,
        numa_node=said.numa_node,
    )


def _chosen(rails: tuple[Rail, ...], names: tuple[str, ...]) -> tuple[Rail, ...]:
    """The declared rails that the site names, in its order; all where it names none."""
    if not names:
        return rails
    return tuple(rail for name in names for rail in rails if name in (rail.device, rail.name))
