# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NCCL's settings for RDMA between hosts, and what keeps it from working.

The variables are those of NCCL's user guide, page "Environment Variables".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    ETHERNET,
    Node,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import GIGABIT
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings import (
    Setting,
    variable,
)

# Distances within one host bridge's switches, nearest first: there a NIC reads GPU memory well.
SWITCHED = ("PIX", "PXB")
# Queue pairs a connection on fabrics that spread flows over several paths: with one, a connection
# is one flow on one path. Oracle's A100 clusters on RoCE set 4.
QUEUE_PAIRS = 4


def rdma_settings(nodes: Sequence[Node], resource: str) -> Iterator[Setting]:
    """Settings for hosts that all have rails; an empty value leaves the choice to NCCL.

    C(resource) is what each rank requests of the RDMA device plugin, empty for nothing.
    """
    yield _net(resource)
    yield _hca(nodes)
    yield _gid_index(nodes)
    yield _traffic_class(nodes)
    yield _queue_pairs(nodes)
    yield _direct_level(nodes)
    yield from _dma_buf(nodes)


def rdma_faults(nodes: Sequence[Node], overrides: Mapping[str, str]) -> Iterator[Fault]:
    """Why RDMA as planned does not work; an override of the setting in question ends the matter."""
    if "NCCL_IB_HCA" not in overrides:
        for node in nodes:
            yield from _down(node)
        yield from _layers(nodes)
        yield from _names(nodes)
    if "NCCL_IB_GID_INDEX" not in overrides:
        for node in nodes:
            yield from _without_gid(node)


def rdma_warnings(nodes: Sequence[Node], resource: str) -> Iterator[str]:
    """What works, but not as well as it could."""
    if not resource:
        yield (
            "the pods request no resource of an RDMA device plugin and so see no RDMA port of "
            "their hosts: NCCL uses TCP there, several times slower than the plan counts"
        )
    blind = [node.name for node in nodes if not node.peer_memory]
    if blind:
        yield (
            f"{_some(blind)}: neither DMA-BUF nor nvidia_peermem is known there: RDMA goes through "
            "main memory instead of straight to the GPUs; declare peer_memory in site_hardware, or "
            "use the open kernel modules of the driver"
        )
    if len({_rail_names(node) for node in nodes}) > 1:
        yield (
            "the RDMA ports have different names on different hosts; NCCL_IB_HCA names all of them"
        )
    indexes = _gid_indexes(nodes)
    if len(indexes) > 1:
        found = ", ".join(str(index) for index in sorted(indexes))
        yield (
            f"the RoCE v2 GIDs have different indexes ({found}), so NCCL_IB_GID_INDEX is not set; "
            "NCCL looks for one itself"
        )


def _net(resource: str) -> Setting:
    """With devices in the pods NCCL stops where it cannot use them, and never falls back to TCP."""
    if resource:
        fact = f"each host has RDMA ports, and each pod requests {resource}"
        return variable("NCCL_NET", "IB", fact)
    return variable("NCCL_NET", "", "RDMA cannot be made a must: pods request no RDMA devices")


def _hca(nodes: Sequence[Node]) -> Setting:
    names = sorted({rail.name for node in nodes for rail in node.rails}, key=_natural)
    rails = nodes[0].rails
    rates = sorted({f"{rail.rate / GIGABIT:g}" for node in nodes for rail in node.rails})
    near = sorted({rail.distance for rail in rails if rail.distance})
    fact = f"{_source(nodes)}: {len(rails)} ports of {' or '.join(rates)} Gb/s"
    if near:
        fact += f", {' or '.join(near)} from a GPU"
    for reason, left_out in _by_reason(nodes[0]).items():
        fact += f"; not {', '.join(left_out)}: {reason}"
    # "=" asks for exact names: mlx5_1 is not the beginning of mlx5_10 then.
    return variable("NCCL_IB_HCA", "=" + ",".join(names), fact)


def _by_reason(node: Node) -> Mapping[str, Sequence[str]]:
    """The ports that are no rails, by the reason."""
    found: dict[str, list[str]] = {}
    for name, reason in node.passed_over:
        found.setdefault(reason, []).append(name)
    return found


def _gid_index(nodes: Sequence[Node]) -> Setting:
    indexes = _gid_indexes(nodes)
    if not indexes:
        return variable("NCCL_IB_GID_INDEX", "", "InfiniBand has one GID table entry that counts")
    if len(indexes) > 1:
        return variable("NCCL_IB_GID_INDEX", "", "the RoCE v2 GIDs have different indexes")
    index = indexes.pop()
    fact = f"{_source(nodes)}: entry {index} of each port is the RoCE v2 GID of its interface"
    return variable("NCCL_IB_GID_INDEX", str(index), fact)


def _traffic_class(nodes: Sequence[Node]) -> Setting:
    if not _ethernet(nodes):
        return variable("NCCL_IB_TC", "", "InfiniBand has service levels, no traffic classes")
    fact = "nobody said how the switches mark RoCE; 106 is DSCP 26 with ECN"
    return variable("NCCL_IB_TC", "", fact)


def _queue_pairs(nodes: Sequence[Node]) -> Setting:
    switches = {(node.rack, node.leaf_switch) for node in nodes}
    if not _ethernet(nodes) or len(switches) == 1:
        fact = "InfiniBand routes itself" if not _ethernet(nodes) else "all hosts at one switch"
        return variable("NCCL_IB_QPS_PER_CONNECTION", "", f"{fact}: NCCL's own 1")
    fact = f"RoCE over {len(switches)} leaf switches, whose paths are chosen by flow"
    return variable("NCCL_IB_QPS_PER_CONNECTION", str(QUEUE_PAIRS), fact)


def _direct_level(nodes: Sequence[Node]) -> Setting:
    words = {rail.distance for node in nodes for rail in node.rails}
    if not words <= set(SWITCHED):
        fact = "not every port shares a PCIe switch with a GPU"
        if "" in words:
            fact = "nobody said how far the ports are from the GPUs"
        return variable("NCCL_NET_GDR_LEVEL", "", f"{fact}: NCCL's own rule")
    widest = max(words, key=SWITCHED.index)
    fact = f"gpu_facts: each port is {' or '.join(sorted(words))} from its GPU"
    return variable("NCCL_NET_GDR_LEVEL", widest, fact)


def _dma_buf(nodes: Sequence[Node]) -> Iterator[Setting]:
    ways = {node.peer_memory for node in nodes}
    if ways == {"dmabuf"}:
        yield variable("NCCL_DMABUF_ENABLE", "1", f"{_source(nodes)}: peer_memory is dmabuf")
    elif ways == {"nvidia_peermem"}:
        fact = f"{_source(nodes)}: peer_memory is nvidia_peermem"
        yield variable("NCCL_DMABUF_ENABLE", "0", fact)


def _down(node: Node) -> Iterator[Fault]:
    down = [rail.name for rail in node.rails if not rail.up]
    if down:
        yield Fault(
            code="rail_down",
            where=node.name,
            found=f"{', '.join(down)} not ACTIVE",
            needed=f"all {len(node.rails)} rails up",
            fix="bring the ports up, or name the rails to use in site_rails",
        )


def _layers(nodes: Sequence[Node]) -> Iterator[Fault]:
    layers = sorted({rail.link_layer for node in nodes for rail in node.rails})
    if len(layers) > 1:
        yield Fault(
            code="rails_of_two_link_layers",
            where="group serving",
            found=" and ".join(layers),
            needed="rails of one link layer: a connection has one on both ends",
            fix="name the rails of one link layer in site_rails",
        )


def _names(nodes: Sequence[Node]) -> Iterator[Fault]:
    """NCCL_IB_HCA is one for all hosts, so no rail may bear the name of another host's non-rail."""
    rails = {rail.name for node in nodes for rail in node.rails}
    for node in nodes:
        mistaken = sorted(rails & {name for name, _reason in node.passed_over})
        if mistaken:
            yield Fault(
                code="rail_names_differ",
                where=node.name,
                found=f"{', '.join(mistaken)} here no rail, on other hosts one",
                needed="rails of the same names on all hosts: NCCL_IB_HCA is one for all",
                fix="rename the RDMA devices alike (udev), or name the rails in site_rails",
            )


def _without_gid(node: Node) -> Iterator[Fault]:
    bare = [rail.name for rail in node.rails if rail.link_layer == ETHERNET and rail.gid_index < 0]
    if bare:
        yield Fault(
            code="roce_without_v2_gid",
            where=node.name,
            found=f"no RoCE v2 GID with an address of its interface on {', '.join(bare)}",
            needed="a RoCE v2 GID on each rail",
            fix="give the interface of the port an IP address, or leave it out of site_rails",
        )


def _gid_indexes(nodes: Sequence[Node]) -> set[int]:
    ports = (rail for node in nodes for rail in node.rails)
    return {rail.gid_index for rail in ports if rail.link_layer == ETHERNET and rail.gid_index >= 0}


def _ethernet(nodes: Sequence[Node]) -> bool:
    return any(rail.link_layer == ETHERNET for node in nodes for rail in node.rails)


def _rail_names(node: Node) -> frozenset[str]:
    return frozenset(rail.name for rail in node.rails)


def _source(nodes: Sequence[Node]) -> str:
    return "site_hardware" if nodes[0].declared else "rdma_facts"


def _natural(name: str) -> tuple[str, int, str]:
    """Sort key: V(mlx5_2:1) before V(mlx5_10:1)."""
    device = name.partition(":")[0]
    stem = device.rstrip("0123456789")
    return stem, int(device[len(stem) :] or 0), name


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
