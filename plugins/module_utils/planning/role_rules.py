# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What prefill/decode disaggregation needs of the hosts, and which two engines fit together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import TCP
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    ETHERNET,
    Node,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Ports
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    GIGABIT,
    SLOWEST_FABRIC,
)

# TCP ports from ports.distributed on that SGLang takes with DP attention: PortArgs of
# server_args.py, +1 to +6, and +13 for the handshake.
DISTRIBUTED_PORTS = 14
LARGEST_PORT = 65535
UNIFIED_INSTEAD = "or set serving_mode to unified"


def carrying_rails(node: Node) -> tuple[Rail, ...]:
    """The ports of a host that carry the KV cache: up, and on Ethernet with a RoCE v2 GID."""
    return tuple(
        rail
        for rail in node.rails
        if rail.up and (rail.link_layer != ETHERNET or rail.gid_index >= 0)
    )


def disaggregation_faults(
    nodes: Sequence[Node], *, transport: str, ports: Ports, bootstrap_port: int
) -> tuple[Fault, ...]:
    """Every reason against disaggregation that does not depend on the layout, sorted."""
    faults = [*_transport_faults(transport), *_port_faults(ports, bootstrap_port)]
    faults += _gpu_faults(nodes)
    for node in nodes:
        faults += _rail_faults(node)
    return ordered([*faults, *_link_layer_faults(nodes)])


def disaggregation_warnings(nodes: Sequence[Node]) -> tuple[str, ...]:
    """What a person should look at before the first run, sorted by host."""
    return tuple(
        f"{node.name}: found neither DMA-BUF nor nvidia_peermem; the KV cache goes from GPU to GPU"
        " only where the NIC reaches GPU memory"
        for node in sorted(nodes, key=lambda node: node.name)
        if not node.declared and not node.peer_memory
    )


def shared_fabric(nodes: Sequence[Node]) -> str:
    """The link layer that every host has, InfiniBand before Ethernet; empty where there is none."""
    layers = [{rail.link_layer for rail in carrying_rails(node)} for node in nodes]
    shared = set.intersection(*layers) if layers else set()
    return max(shared, default="")


def shared_devices(nodes: Sequence[Node], fabric: str) -> tuple[str, ...]:
    """RDMA devices of C(fabric) that all hosts of a role have and that carry the KV cache, sorted.

    The engine takes one list for all its ranks and stops at a name that its host does not have
    (server_args.py, C(_validate_ib_devices)).
    """
    names = [
        {rail.device for rail in carrying_rails(node) if rail.link_layer == fabric}
        for node in nodes
    ]
    return tuple(sorted(set.intersection(*names)))


def fit_together(prefill: Candidate, decode: Candidate) -> bool:
    """Whether a decode engine can read the KV cache of a prefill engine.

    SGLang, disaggregation/common/conn.py, C(_resolve_rank_mapping): decode has the pipeline size of
    prefill or 1, and one attention tensor size divides the other. Both load the same checkpoint,
    and a speculative head needs the hidden states of the other side.
    """
    one, other = sorted(
        size.tensor_parallel // size.attention_data_parallel for size in (prefill, decode)
    )
    return (
        decode.pipeline_parallel in (1, prefill.pipeline_parallel)
        and other % one == 0
        and prefill.weight_format == decode.weight_format
        and prefill.speculative == decode.speculative
    )


def devices_differ() -> Fault:
    """No split has devices that all hosts of a role have."""
    return Fault(
        code="disaggregation_devices_differ",
        where="the group serving",
        found="no split of the hosts whose parts each share the name of an RDMA device",
        needed="the same device name on all hosts of a role: its engine takes one list",
        fix=f"name the RDMA devices alike on all hosts, {UNIFIED_INSTEAD}",
    )


def role_without_layout(where: str, found: str, change: str) -> Fault:
    """A role has no layout; C(change) is the nearest one that would give it one."""
    return Fault(
        code="disaggregation_no_layout",
        where=where,
        found=found,
        needed="a layout for each role, on GPUs of its own",
        fix=f"for this role: {change}, {UNIFIED_INSTEAD}",
    )


def no_pair(where: str) -> Fault:
    """Both roles have layouts, but no two fit together."""
    return Fault(
        code="disaggregation_no_pair",
        where=where,
        found="no split in which both roles have layouts that fit together",
        needed="one weight format, decode's pipeline size that of prefill or 1, and attention"
        " tensor sizes of which one divides the other",
        fix=f"leave the sizes to the planner, add hosts, {UNIFIED_INSTEAD}",
    )


def _transport_faults(transport: str) -> Iterator[Fault]:
    if transport == TCP:
        yield Fault(
            code="disaggregation_over_tcp",
            where="communication.protocol",
            found="TCP",
            needed="RDMA: the KV cache of every prompt goes from prefill to decode",
            fix=f"set communication.protocol to RDMA, {UNIFIED_INSTEAD}",
        )


def _port_faults(ports: Ports, bootstrap_port: int) -> Iterator[Fault]:
    taken = range(ports.distributed, ports.distributed + DISTRIBUTED_PORTS)
    if not 1 <= bootstrap_port <= LARGEST_PORT:
        yield _port_fault(bootstrap_port, f"a TCP port, 1 to {LARGEST_PORT}")
    elif bootstrap_port == ports.serving:
        yield _port_fault(bootstrap_port, "another port than ports.serving")
    elif bootstrap_port in taken:
        yield _port_fault(
            bootstrap_port, f"none of {taken[0]} to {taken[-1]}, which begin at ports.distributed"
        )


def _port_fault(bootstrap_port: int, needed: str) -> Fault:
    return Fault(
        code="bootstrap_port_invalid",
        where="the bootstrap port of prefill",
        found=str(bootstrap_port),
        needed=needed,
        fix="choose another bootstrap port",
    )


def _gpu_faults(nodes: Sequence[Node]) -> Iterator[Fault]:
    found = sum(len(node.gpus) for node in nodes)
    if found < 2:
        yield Fault(
            code="disaggregation_too_few_gpus",
            where=", ".join(node.name for node in nodes) or "the group serving",
            found=f"{found} GPUs",
            needed="2 or more: prefill and decode are engines with GPUs of their own",
            fix=f"add GPUs, {UNIFIED_INSTEAD}",
        )


def _rail_faults(node: Node) -> Iterator[Fault]:
    up = [rail for rail in node.rails if rail.up]
    carrying = carrying_rails(node)
    rate = sum(rail.rate for rail in carrying)
    if not up:
        yield Fault(
            code="disaggregation_without_rdma",
            where=node.name,
            found=f"{len(node.rails)} RDMA ports, none of them up",
            needed="an RDMA port that is up: it carries the KV cache from prefill to decode",
            fix=f"bring a port up, {UNIFIED_INSTEAD}",
        )
    elif not carrying:
        yield Fault(
            code="disaggregation_without_gid",
            where=node.name,
            found=f"no RoCE v2 GID on {', '.join(rail.device for rail in up)}",
            needed="a RoCE v2 GID: RoCE v1 is not routed",
            fix="give the port's network interface an IP address",
        )
    elif rate < SLOWEST_FABRIC:
        yield Fault(
            code="disaggregation_fabric_slow",
            where=node.name,
            found=f"{rate / GIGABIT:g} Gb/s of RDMA",
            needed=f"{SLOWEST_FABRIC / GIGABIT:g} Gb/s or more",
            fix=f"use a faster port, {UNIFIED_INSTEAD}",
        )


def _link_layer_faults(nodes: Sequence[Node]) -> Iterator[Fault]:
    carrying = [node for node in nodes if carrying_rails(node)]
    if not carrying or shared_fabric(carrying):
        return
    layers = [
        f"{node.name} {'+'.join(sorted({rail.link_layer for rail in carrying_rails(node)}))}"
        for node in sorted(carrying, key=lambda node: node.name)
    ]
    yield Fault(
        code="disaggregation_fabrics_differ",
        where="the group serving",
        found=", ".join(layers),
        needed="one link layer on all hosts: InfiniBand and RoCE do not reach each other",
        fix=f"take the hosts of one fabric into the group serving, {UNIFIED_INSTEAD}",
    )
