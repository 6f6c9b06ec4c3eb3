# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each rank's pod asks of its host beside GPUs, and how long it may take to start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

# Of each host, left to the operating system, the kubelet and containerd.
HOST_CPUS = 4
HOST_MEMORY_GIB = 16
# Where nobody said what the host has. SGLang runs a scheduler a GPU beside its tokenizers and
# detokenizer; its Docker example asks for 32 GB of shared memory for 8 GPUs.
CPUS_A_GPU = 4
MEMORY_GIB_A_GPU = 16
# Shared memory is a part of the rank's memory; the example of SGLang's documentation is
# --shm-size 32g, for 8 GPUs, and 512 MiB hold two ranks on CPUs.
SHARED_MIB_A_GPU = 4096
SHARED_MIB_WITHOUT_GPU = 512
# Seconds from the container's start: kernels are compiled in 10 to 20 minutes where their cache is
# cold (SGLang's DeepSeek page), CUDA graphs are captured in 85 s (its Kubernetes page); loading may
# take three times what the disk's rate says.
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


def rank_resources(
    nodes: Sequence[Node], candidate: Candidate, constraints: Constraints, load_seconds: float
) -> RankResources:
    """The same for every rank, so that each of C(nodes), those with ranks, can give it."""
    on_gpus = any(node.gpus for node in nodes)
    gpus = candidate.gpus_per_host if on_gpus else 0
    start = START_SECONDS if on_gpus else START_SECONDS_WITHOUT_GPU
    seconds = start + LOAD_FACTOR * load_seconds
    return RankResources(
        cpu=constraints.rank_cpu or str(min(_cpus(node, gpus) for node in nodes)),
        memory_gib=constraints.rank_memory_gib or min(_memory(node, gpus) for node in nodes),
        shared_memory_mib=gpus * SHARED_MIB_A_GPU or SHARED_MIB_WITHOUT_GPU,
        startup_seconds=MINUTE * math.ceil(seconds / MINUTE),
    )


def host_memory_gib(node: Node) -> int:
    """GiB of a host's memory that ranks may have, 0 where nobody said what it has."""
    return max(1, node.memory_gib - HOST_MEMORY_GIB, node.memory_gib // 2) if node.memory_gib else 0


def _cpus(node: Node, gpus: int) -> int:
    if not node.cores:
        return max(1, CPUS_A_GPU * gpus)
    return max(1, int(max(node.cores - HOST_CPUS, node.cores / 2) * _share(node, gpus)))


def _memory(node: Node, gpus: int) -> int:
    if not node.memory_gib:
        return MEMORY_GIB_A_GPU * max(1, gpus)
    return max(1, int(host_memory_gib(node) * _share(node, gpus)))


def _share(node: Node, gpus: int) -> float:
    """The rank's part of the host: that of its GPUs, or all of it without any."""
    return gpus / len(node.gpus) if node.gpus else 1.0
