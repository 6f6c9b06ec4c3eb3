"""What the enumerator is given: a question, and what other parts of the planner know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request

SLOW = 25e9 / 8


@dataclass(frozen=True)
class Rules:
    """What other parts of the planner know."""

    memory: Callable[[ModelSpec, WeightFormat, int, Candidate, object], Memory]
    shape_allows: Callable[[ModelSpec, WeightFormat, Candidate], bool]
    format_runs: Callable[[GpuSpec, WeightFormat], bool]
    chunk: Callable[[int], int]


@dataclass(frozen=True)
class World:
    """A request on hosts with GPUs of one model."""

    request: Request
    gpu: GpuSpec
    rules: Rules

    @property
    def nodes(self) -> Sequence[Node]:
        return self.request.nodes

    @property
    def memory_mib(self) -> int:
        return min(gpu.memory_mib for node in self.nodes for gpu in node.gpus)

    @property
    def fabric(self) -> float:
        return min((rate for rate in map(network, self.nodes) if rate >= SLOW), default=0.0)

    @property
    def link(self) -> float:
        nvlink = self.nodes[0].nvlink
        return self.gpu.nvlink_bandwidth if nvlink else self.gpu.pcie_bandwidth


def network(node: Node) -> float:
    """Bytes/s to other hosts."""
    return sum(rail.rate for rail in node.rails if rail.up) or node.tcp_rate


def sizes_of(candidate: Candidate) -> tuple[int, ...]:
    """The sizes of the parallel dimensions."""
    return (
        candidate.tensor_parallel,
        candidate.pipeline_parallel,
        candidate.attention_data_parallel,
        candidate.expert_parallel,
    )
