# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each rank's pod asks of its host beside GPUs, and how long it may take to start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

# Of each host, left to the operating system, the kubelet and containerd: chosen, not measured.
HOST_CPUS = 4
HOST_MEMORY_GIB = 16
# Where nobody said what the host has: chosen, not measured. SGLang runs a scheduler a GPU beside
# its tokenizer and detokenizer.
CPUS_A_GPU = 4
MEMORY_GIB_A_GPU = 16
# Shared memory is a part of the rank's memory; the example of SGLang's documentation is
# --shm-size 32g, for 8 GPUs, and 512 MiB hold two ranks on CPUs.
SHARED_MIB_A_GPU = 4096
SHARED_MIB_WITHOUT_GPU = 512
# Seconds from the container's start: kernels are compiled in 10 to 20 minutes where their cache is
# cold (SGLang's DeepSeek page), CUDA graphs are captured in 85 s (its Kubernetes page). That
# loading may take three times what the disk's rate says is chosen, not measured.
START_SECONDS = 1800
START_SECONDS_WITHOUT_GPU = 900
LOAD_FACTOR = 3
MINUTE = 60


@dataclass(frozen=True)
class RankResources:
    """C(cpu) is a Kubernetes quantity; C(memory_gib) is limit and request."""

    cpu: str
    memory_gib: int
    shared_memory_mib: int
    startup_seconds: int


@dataclass(frozen=True)
class RankShare:
    """A host and the number of its GPUs that a rank takes."""

    node: Node
    gpus: int


def rank_resources(
    shares: Sequence[RankShare], constraints: Constraints, load_seconds: float
) -> RankResources:
    """The same for every rank, so that each host of C(shares), one a rank, can give it."""
    gpus = max(share.gpus for share in shares)
    start = START_SECONDS if gpus else START_SECONDS_WITHOUT_GPU
    seconds = start + LOAD_FACTOR * load_seconds
    return RankResources(
        cpu=constraints.rank_cpu or str(min(_cpus(share) for share in shares)),
        memory_gib=constraints.rank_memory_gib or min(_memory(share) for share in shares),
        shared_memory_mib=gpus * SHARED_MIB_A_GPU or SHARED_MIB_WITHOUT_GPU,
        startup_seconds=MINUTE * math.ceil(seconds / MINUTE),
    )


def rank_node(node: Node, constraints: Constraints) -> Node:
    """A host without GPUs with no more memory than a rank has there; others as they are."""
    if node.gpus:
        return node
    limit = constraints.rank_memory_gib or _memory(RankShare(node, 0))
    return replace(node, memory_gib=limit)


def _cpus(share: RankShare) -> int:
    cores = share.node.cores
    if not cores:
        return max(1, CPUS_A_GPU * share.gpus)
    return max(1, int(max(cores - HOST_CPUS, cores / 2) * _part(share)))


def _memory(share: RankShare) -> int:
    memory = share.node.memory_gib
    if not memory:
        return MEMORY_GIB_A_GPU * max(1, share.gpus)
    return max(1, int(max(memory - HOST_MEMORY_GIB, memory / 2) * _part(share)))


def _part(share: RankShare) -> float:
    """The rank's part of the host: that of its GPUs, or all of it without any."""
    return share.gpus / len(share.node.gpus) if share.node.gpus else 1.0
