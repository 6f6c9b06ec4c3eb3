# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner's answer as a document of plan schema 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.answer import (
    Answer,
    Engine,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.explanation import (
    explanation,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.kernel_cache import (
    CACHE_MOUNT,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_layout import (
    DP_ATTENTION,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_shape import (
    SCHEMA,
    UNIFIED,
)

SERVING_PORT = 30000
DISTRIBUTED_PORT = 20000
RDMA_PORTS = "NCCL_IB_HCA"


def plan_document(answer: Answer) -> dict[str, Any]:
    """Plain values in the schema's order: the same answer gives the same document.

    With several roles each group has its own arguments, and the plan's layout is the first role's.
    """
    request, resources = answer.request, answer.resources
    first, several = answer.engines[0], len(answer.engines) > 1
    racks = {node.name: node.rack for node in request.nodes if node.rack}
    taken = {rank.host for e in answer.engines for group in e.placement.groups for rank in group}
    spares = {host for engine in answer.engines for host in engine.placement.spares} - taken
    return {
        "schema": SCHEMA,
        "inventory": request.inventory,
        "model": {
            "name": request.model.name,
            "format": first.considered.candidate.weight_format,
        },
        "engine": {"part": request.engine_part},
        "layout": _layout(first),
        "groups": [
            group for engine in answer.engines for group in _groups(engine, of_its_own=several)
        ],
        "arguments": [] if several else list(first.arguments),
        "environment": {setting.name: setting.value for setting in answer.environment.settings},
        "ports": {"serving": SERVING_PORT, "distributed": DISTRIBUTED_PORT},
        "resources": {
            "cpu": resources.cpu,
            "memory_gib": resources.memory_gib,
            **_rdma(answer),
        },
        "shared_memory_mib": resources.shared_memory_mib,
        "startup_seconds": resources.startup_seconds,
        **_cache(answer),
        **_router(answer),
        "racks": racks,
        "spares": [node.name for node in request.nodes if node.name in spares],
        "explanation": explanation(answer),
    }


def _rdma(answer: Answer) -> Mapping[str, str]:
    """The resource by which a rank gets the RDMA ports, where the engine uses any."""
    names = {setting.name for setting in answer.environment.settings}
    resource = answer.request.rdma_resource
    return {"rdma": resource} if resource and RDMA_PORTS in names else {}


def _cache(answer: Answer) -> Mapping[str, str]:
    """The hosts' directory that is mounted where variables of the environment lie."""
    made = {setting.name: setting.value for setting in answer.environment.elsewhere}
    return {"cache_path": made[CACHE_MOUNT]} if CACHE_MOUNT in made else {}


def _router(answer: Answer) -> Mapping[str, list[str]]:
    """What an intent file sets of the router."""
    return {"router_arguments": list(answer.router_settings)} if answer.router_settings else {}


def _groups(engine: Engine, *, of_its_own: bool) -> Iterator[Mapping[str, Any]]:
    for name, placed in zip(engine.names, engine.placement.groups):
        ranks = [{"rank": rank.rank, "host": rank.host, "gpus": list(rank.gpus)} for rank in placed]
        group: dict[str, Any] = {"name": name, "ranks": ranks}
        if engine.role != UNIFIED:
            group["role"] = engine.role
        if of_its_own:
            group.update(layout=_layout(engine), arguments=list(engine.arguments))
        yield group


def _layout(engine: Engine) -> dict[str, int]:
    """Sizes under the names of the options that carry them: attention groups have two."""
    candidate: Candidate = engine.considered.candidate
    groups = candidate.attention_data_parallel
    shared = DP_ATTENTION in engine.arguments
    layout = {
        "tensor_parallel": candidate.tensor_parallel,
        "pipeline_parallel": candidate.pipeline_parallel,
        "data_parallel": groups if shared else 1,
        "expert_parallel": candidate.expert_parallel,
    }
    return layout if shared or groups == 1 else {**layout, "attention_data_parallel": groups}
