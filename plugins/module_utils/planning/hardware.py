# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The machines that a plan may use: values alone, from declared hardware or from host facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    NOT_KNOWN,
    Storage,
)

INFINIBAND = "InfiniBand"
ETHERNET = "Ethernet"


@dataclass(frozen=True)
class Rail:
    """One RDMA port of a host that may carry the engine's traffic.

    C(rate) is bytes/s in one direction. C(gid_index) is the index of the RoCE v2 GID, -1 on
    InfiniBand or where there is none. C(distance) is the way to the nearest GPU in the words of
    C(nvidia-smi topo -m), empty where nobody said.
    """

    device: str
    port: int
    link_layer: str
    rate: float
    netdev: str
    gid_index: int
    up: bool
    numa_node: int
    distance: str = ""

    @property
    def name(self) -> str:
        """Device and port as C(NCCL_IB_HCA) takes them."""
        return f"{self.device}:{self.port}"


@dataclass(frozen=True)
class NodeGpu:
    """One GPU of a host. C(memory_mib) is what NVML reports, or the catalogue's where declared."""

    index: int
    model: str
    memory_mib: int
    numa_node: int


@dataclass(frozen=True)
class Node:
    """One host of the group C(serving).

    C(rack) and C(leaf_switch) are empty where nobody said. C(interface) carries the TCP traffic of
    the engine and has C(address). C(tcp_rate) is bytes/s of that interface, C(disk_rate) bytes/s of
    reading the weights, 0 where nobody said. C(memory_gib) is main memory in GiB, C(cores) logical
    CPUs. C(nvlink): the GPUs of the host reach each other over NVLink. C(multicast): NVLink SHARP
    (NVLS) works there. C(peer_memory): how a NIC reaches GPU memory, V(dmabuf), V(nvidia_peermem)
    or empty for not at all or not known. C(declared): no host was asked, an inventory said it.
    C(passed_over) are the RDMA ports that are no rails, each with the reason. C(nvlink_domain):
    hosts with one name here reach each other's GPUs over NVLink, as in a rack of GB200 NVL72.
    C(storage) is what the weights lie on.
    """

    name: str
    rack: str
    leaf_switch: str
    gpus: tuple[NodeGpu, ...]
    rails: tuple[Rail, ...]
    interface: str
    address: str
    tcp_rate: float
    disk_rate: float
    memory_gib: int
    cores: int
    nvlink: bool
    multicast: bool
    peer_memory: str
    declared: bool
    passed_over: tuple[tuple[str, str], ...] = ()
    nvlink_domain: str = ""
    storage: Storage = NOT_KNOWN

    @property
    def rdma_rate(self) -> float:
        """Bytes/s of all rails that are up, in one direction."""
        return sum(rail.rate for rail in self.rails if rail.up)


def one_nvlink_domain(nodes: Iterable[Node]) -> bool:
    """Whether all hosts are of one NVLink domain, so that NVLink joins their GPUs too."""
    domains = {node.nvlink_domain for node in nodes}
    return len(domains) == 1 and "" not in domains
