# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The transport that NCCL will use between the GPUs of a group, as its log spells it.

With C(NCCL_DEBUG=INFO) each channel has a line that ends in C(via P2P/...), C(via SHM/...),
C(via NET/IB/...) or C(via NET/Socket/...) (src/transport of NCCL).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    one_nvlink_domain,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings import (
    Environment,
)

P2P = "P2P"
SHARED_MEMORY = "P2P or SHM"
RDMA = "NET/IB"
SOCKET = "NET/Socket"


@dataclass(frozen=True)
class Transport:
    """What C(via) names between GPUs of one host or of different ones, and the fact behind it."""

    between: str
    nccl: str
    fact: str


def transports(
    nodes: Sequence[Node], candidates: Sequence[Candidate], environment: Environment
) -> tuple[Transport, ...]:
    """For the hosts with ranks; nothing where no two GPUs work together."""
    if not any(node.gpus for node in nodes):
        return ()
    return tuple(_transports(nodes, candidates, environment))


def _transports(
    nodes: Sequence[Node], candidates: Sequence[Candidate], environment: Environment
) -> Iterator[Transport]:
    if any(candidate.gpus_per_host > 1 for candidate in candidates):
        linked = all(node.nvlink for node in nodes)
        yield Transport(
            "GPUs of one host",
            P2P if linked else SHARED_MEMORY,
            "NVLink joins them" if linked else "PCIe joins them: P2P where it allows that",
        )
    if any(candidate.hosts > 1 for candidate in candidates):
        yield _between_hosts(nodes, environment)


def _between_hosts(nodes: Sequence[Node], environment: Environment) -> Transport:
    if one_nvlink_domain(nodes):
        return Transport("hosts", P2P, f"all are of NVLink domain {nodes[0].nvlink_domain}")
    chosen = {setting.name: setting for setting in environment.settings}
    net = chosen.get("NCCL_NET")
    if net and net.value == "IB":
        return Transport("hosts", RDMA, net.fact)
    fact = net.fact if net else "pods request no RDMA devices"
    return Transport("hosts", SOCKET, fact)
