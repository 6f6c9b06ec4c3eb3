# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts whose GPUs are of one model, and how many engine groups they have room for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    one_nvlink_domain,
)

# The deployment guide that this collection follows asks for at least 25 Gb/s between hosts.
SLOWEST_FABRIC = 25e9 / 8
GIGABIT = 1e9 / 8
MIB_PER_GIB = 1024
# The catalogue's name of an engine without GPUs.
CPU = "cpu"


@dataclass(frozen=True)
class Pool:
    """Hosts with GPUs of one model, all with NVLink or all without.

    C(memory_mib) is that of the smallest GPU. C(sizes) are pairs (GPUs of a host, hosts of that
    size), largest first, C(connected) the same of the hosts whose network is fast enough for a
    group of several hosts. C(fabric_rate) is bytes/s of the slowest of those, 0 without any,
    C(slowest_rate) of the slowest of all. C(joined): NVLink joins the GPUs of all hosts, and is
    the fabric. C(disk_rate) is bytes/s of the slowest known disk, 0 where no host has a known one.
    """

    gpu: GpuSpec
    memory_mib: int
    nvlink: bool
    nodes: tuple[Node, ...]
    connected_nodes: tuple[Node, ...]
    sizes: tuple[tuple[int, int], ...]
    connected: tuple[tuple[int, int], ...]
    fabric_rate: float
    slowest_rate: float
    joined: bool
    disk_rate: float

    @property
    def gpus(self) -> int:
        """GPUs of all hosts."""
        return sum(size * count for size, count in self.sizes)

    @property
    def on_cpu(self) -> bool:
        """Whether the devices are the hosts' CPUs."""
        return self.gpu.name == CPU

    @property
    def link_rate(self) -> float:
        """Bytes/s in one direction between two GPUs of a host."""
        return self.gpu.nvlink_bandwidth if self.nvlink else self.gpu.pcie_bandwidth

    def hosts_for(self, candidate_hosts: int) -> tuple[tuple[int, int], ...]:
        """The hosts, as in C(sizes), that a group of so many hosts may use."""
        return self.sizes if candidate_hosts == 1 else self.connected

    def nodes_for(self, candidate_hosts: int) -> tuple[Node, ...]:
        """The hosts that a group of so many hosts may use."""
        return self.nodes if candidate_hosts == 1 else self.connected_nodes


def make_pools(nodes: Sequence[Node]) -> tuple[Pool, ...]:
    """The pools of the hosts, by GPU model; hosts without GPUs or with different ones are left out.

    Where no host has a GPU, the hosts themselves are the devices, one a host: the engine runs on
    CPUs. Raises InputError when a GPU model is not known.
    """
    specs = _specs(nodes)
    if not specs:
        return _cpu_pools(nodes)
    members: dict[tuple[str, bool], list[Node]] = defaultdict(list)
    for node in nodes:
        names = {specs[gpu.model].name for gpu in node.gpus}
        if len(names) == 1:
            members[(names.pop(), node.nvlink)].append(node)
    return tuple(
        _pool(specs[hosts[0].gpus[0].model], hosts) for _name, hosts in sorted(members.items())
    )


def host_faults(nodes: Sequence[Node]) -> tuple[Fault, ...]:
    """Hosts that no group of several hosts, or no group at all, can use; why, with the figure."""
    specs = _specs(nodes)
    joined = one_nvlink_domain(nodes)
    faults: list[Fault] = []
    for node in nodes if specs else ():
        names = sorted({specs[gpu.model].name for gpu in node.gpus})
        if not names:
            faults.append(_no_gpu(node))
        elif len(names) > 1:
            faults.append(_mixed(node, names))
        elif not joined and not fast_enough(node):
            faults.append(_slow(node))
    return ordered(faults)


def fast_enough(node: Node) -> bool:
    """Whether the network of a host carries a group of several hosts."""
    return network_rate(node) >= SLOWEST_FABRIC


def network_rate(node: Node) -> float:
    """Bytes/s from a host to the others: its RDMA ports that are up, or its TCP interface."""
    return node.rdma_rate or node.tcp_rate


def groups_that_fit(sizes: Iterable[tuple[int, int]], share: int, hosts: int) -> int:
    """How many groups fit that each take C(share) GPUs on each of C(hosts) different hosts.

    C(sizes) are pairs (GPUs of a host, hosts). A host with room for several shares may carry
    several groups; k groups fit exactly when the hosts, each counted at most k times, have room
    for k times C(hosts) shares.
    """
    slots = [(size // share, count) for size, count in sizes]
    low, high = 0, sum(slot * count for slot, count in slots) // hosts
    while low < high:
        middle = (low + high + 1) // 2
        room = sum(min(slot, middle) * count for slot, count in slots)
        low, high = (middle, high) if room >= middle * hosts else (low, middle - 1)
    return low


def _specs(nodes: Sequence[Node]) -> Mapping[str, GpuSpec]:
    specs = {}
    unknown: list[str] = []
    for model in sorted({gpu.model for node in nodes for gpu in node.gpus}):
        try:
            specs[model] = find_gpu(model)
        except InputError as error:
            unknown += error.details["faults"]
    if unknown:
        raise InputError("GPUs of the hosts", unknown)
    return specs


def _pool(gpu: GpuSpec, nodes: Sequence[Node]) -> Pool:
    joined = one_nvlink_domain(nodes)
    fast = [node for node in nodes if joined or fast_enough(node)]
    rates = [gpu.nvlink_bandwidth if joined else network_rate(node) for node in fast]
    disks = [node.disk_rate for node in nodes if node.disk_rate]
    return Pool(
        gpu=gpu,
        memory_mib=min(part.memory_mib for node in nodes for part in node.gpus),
        nvlink=nodes[0].nvlink,
        nodes=tuple(nodes),
        connected_nodes=tuple(fast),
        sizes=_sizes(nodes),
        connected=_sizes(fast),
        fabric_rate=min(rates, default=0.0),
        slowest_rate=min(network_rate(node) for node in nodes),
        joined=joined,
        disk_rate=min(disks, default=0.0),
    )


def _cpu_pools(nodes: Sequence[Node]) -> tuple[Pool, ...]:
    if not nodes:
        return ()
    rates = [network_rate(node) for node in nodes if network_rate(node)]
    disks = [node.disk_rate for node in nodes if node.disk_rate]
    pool = Pool(
        gpu=find_gpu(CPU),
        memory_mib=min(node.memory_gib for node in nodes) * MIB_PER_GIB,
        nvlink=False,
        nodes=tuple(nodes),
        connected_nodes=tuple(nodes),
        sizes=((1, len(nodes)),),
        connected=((1, len(nodes)),),
        fabric_rate=min(rates, default=SLOWEST_FABRIC),
        slowest_rate=min(rates, default=SLOWEST_FABRIC),
        joined=False,
        disk_rate=min(disks, default=0.0),
    )
    return (pool,)


def _sizes(nodes: Iterable[Node]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(Counter(len(node.gpus) for node in nodes).items(), reverse=True))


def _no_gpu(node: Node) -> Fault:
    return Fault(
        code="host_without_gpu",
        where=node.name,
        found="no GPU",
        needed="at least 1 GPU",
        fix=f"take {node.name} out of the group serving, or declare its GPUs",
    )


def _mixed(node: Node, names: Sequence[str]) -> Fault:
    return Fault(
        code="gpus_differ_in_host",
        where=node.name,
        found=" and ".join(names),
        needed="GPUs of one model in a host",
        fix=f"take {node.name} out of the group serving, or make its GPUs equal",
    )


def _slow(node: Node) -> Fault:
    return Fault(
        code="fabric_too_slow",
        where=node.name,
        found=f"{network_rate(node) / GIGABIT:g} Gb/s",
        needed=f"{SLOWEST_FABRIC / GIGABIT:g} Gb/s for a group of several hosts",
        fix=f"bring up the RDMA ports of {node.name}, or declare their rate",
    )
