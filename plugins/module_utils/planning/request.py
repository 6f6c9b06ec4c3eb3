# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person asks the planner for."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec

LATENCY = "latency"
THROUGHPUT = "throughput"
LONGEST_CONTEXT = "longest_context"
FEWEST_GPUS = "fewest_gpus"
OBJECTIVES = (LATENCY, THROUGHPUT, LONGEST_CONTEXT, FEWEST_GPUS)
UNIFIED = "unified"
DISAGGREGATED = "disaggregated"
PREFILL = "prefill"
DECODE = "decode"


@dataclass(frozen=True)
class Constraints:
    """What the plan must keep to. 0 and an empty text leave the choice to the planner.

    C(context) is tokens of the longest request, C(concurrency) requests of C(typical_tokens) tokens
    (prompt and answer together) that must fit at once, C(groups) the number of engine groups.
    C(rank_cpu) is a Kubernetes quantity and C(rank_memory_gib) GiB that each rank's pod asks for.
    C(weight_loader) is one of loader.LOADERS.
    """

    weight_format: str = ""
    tensor_parallel: int = 0
    pipeline_parallel: int = 0
    attention_data_parallel: int = 0
    expert_parallel: int = 0
    groups: int = 0
    context: int = 0
    concurrency: int = 1
    typical_tokens: int = 4096
    speculative: bool = False
    serving_mode: str = UNIFIED
    key_value_format: str = ""
    memory_fraction: float = 0.0
    rank_cpu: str = ""
    rank_memory_gib: int = 0
    attention_backend: str = ""
    weight_loader: str = ""


@dataclass(frozen=True)
class Request:
    """One question to the planner.

    C(engine_version) is the SGLang version, C(engine_part) the image of the catalogue, C(overrides)
    are environment variables that the person sets, C(extra_arguments) engine arguments that follow
    the planner's, C(rdma_resource) the resource of the RDMA device plugin, C(cache_path) the hosts'
    directory for what engines on GPUs compile; both are empty for none.
    """

    inventory: str
    model: ModelSpec
    nodes: tuple[Node, ...]
    objective: str
    constraints: Constraints
    engine_part: str
    engine_version: str
    overrides: tuple[tuple[str, str], ...] = ()
    extra_arguments: tuple[str, ...] = ()
    rdma_resource: str = ""
    cache_path: str = ""
