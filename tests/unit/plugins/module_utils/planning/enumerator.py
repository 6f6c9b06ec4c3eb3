"""A second planner that looks at everything: the oracle of test_optimum.py.

It shares no code with choose, search, layouts, pools, ranking, refusals and cost: the input types
alone, and the constants, which are data. What the engine's memory, the model's shape and the
format of a GPU allow is given to it as functions. It tries every size from 1 up, every number of
groups, fills hosts one by one, and compares all layouts with each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    MultiHeadLatent,
    WeightFormat,
)

from tests.unit.plugins.module_utils.planning.enumerator_cost import figures
from tests.unit.plugins.module_utils.planning.enumerator_world import SLOW, World, network, sizes_of


@dataclass(frozen=True)
class Layout:
    """A layout that works and where it stands; the smallest key is best."""

    candidate: Candidate
    key: tuple[float, ...]
    figures: tuple[float, float, float]


def best_layout(world: World) -> Layout | None:
    """The best of all layouts, or None where none works."""
    return min(all_layouts(world), key=lambda layout: layout.key, default=None)


def all_layouts(world: World) -> Iterator[Layout]:
    """Every layout that works, with its key."""
    request = world.request
    asked = request.constraints
    for weight_format in request.model.formats:
        if asked.weight_format not in ("", weight_format.name):
            continue
        if not world.rules.format_runs(world.gpu, weight_format):
            continue
        memories: dict[tuple[int, ...], Memory] = {}
        for candidate in every_candidate(world, weight_format):
            sizes = (*sizes_of(candidate)[:3], candidate.speculative)
            if sizes not in memories:
                memories[sizes] = world.rules.memory(
                    request.model, weight_format, world.memory_mib, candidate, asked
                )
            if holds(world, candidate, memories[sizes]):
                key = full_key(world, weight_format, candidate, memories[sizes])
                numbers = figures(world, weight_format, candidate, memories[sizes])
                yield Layout(candidate, key, numbers)


def every_candidate(world: World, weight_format: WeightFormat) -> Iterator[Candidate]:
    """Every combination of sizes that shape and hosts allow and the person asked for."""
    asked, model = world.request.constraints, world.request.model
    total = sum(len(node.gpus) for node in world.nodes)
    wishes = (
        asked.tensor_parallel,
        asked.pipeline_parallel,
        asked.attention_data_parallel,
        asked.expert_parallel,
    )
    for tensor in range(1, total + 1):
        for stages in range(1, min(model.layers, total // tensor) + 1):
            for share in shares(world, tensor, stages):
                most = fill(world, tensor * stages, share)
                for inner in inner_sizes(world, weight_format, tensor, stages):
                    sizes = (tensor, stages, *inner[:2])
                    if any(wish not in (0, size) for wish, size in zip(wishes, sizes, strict=True)):
                        continue
                    for groups in range(1, most + 1):
                        if asked.groups in (0, groups):
                            yield Candidate(
                                weight_format.name, *sizes, groups, share, bool(inner[2])
                            )


def inner_sizes(
    world: World, weight_format: WeightFormat, tensor: int, stages: int
) -> list[tuple[int, int, bool]]:
    """Attention groups, expert groups and the speculative head inside a tensor group."""
    model, objective = world.request.model, world.request.objective
    asked = world.request.constraints
    latent = isinstance(model.attention, MultiHeadLatent)
    may = latent and objective in ("throughput", "fewest_gpus")
    found = []
    for attention in range(1, tensor + 1):
        if attention > 1 and not may and not asked.attention_data_parallel:
            continue
        for expert in range(1, tensor + 1):
            for draft in (False, True) if asked.speculative and model.draft_layers else (False,):
                layout = Candidate(
                    weight_format.name, tensor, stages, attention, expert, 1, tensor, draft
                )
                divides = model.attention.heads % tensor == 0 or asked.tensor_parallel
                if divides and world.rules.shape_allows(model, weight_format, layout):
                    found.append((attention, expert, draft))
    return found


def shares(world: World, tensor: int, stages: int) -> set[int]:
    """For each host the most GPUs of it that a group can take."""
    found = set()
    for node in world.nodes:
        fits = [
            share
            for share in range(1, len(node.gpus) + 1)
            if (tensor * stages) % share == 0 and (share % tensor == 0 or tensor % share == 0)
        ]
        found.add(max(fits))
    return found


def fill(world: World, gpus: int, share: int) -> int:
    """Place group after group on the hosts that have most room left; how many found a place."""
    hosts = gpus // share
    room = [len(node.gpus) // share for node in world.nodes if hosts == 1 or network(node) >= SLOW]
    groups = 0
    while True:
        room.sort(reverse=True)
        if len(room) < hosts or room[hosts - 1] < 1:
            return groups
        for at in range(hosts):
            room[at] -= 1
        groups += 1


def holds(world: World, candidate: Candidate, memory: Memory) -> bool:
    """Whether one attention group holds the longest request and its part of all requests."""
    asked = world.request.constraints
    requests = math.ceil(asked.concurrency / candidate.groups)
    part = math.ceil(requests / candidate.attention_data_parallel)
    needed = max(asked.context, part * asked.typical_tokens)
    if memory.workspace and not memory.graph_requests:
        return False
    if memory.running_requests and requests > memory.running_requests:
        return False
    return memory.tokens // candidate.attention_data_parallel >= needed


def full_key(
    world: World, weight_format: WeightFormat, candidate: Candidate, memory: Memory
) -> tuple[float, ...]:
    """Weight format, tier, figures of the objective, sizes."""
    request, model = world.request, world.request.model
    size = weight_format.expert_bytes if model.experts else weight_format.linear_bytes
    place = model.formats.index(weight_format)
    units = world.gpu.flops(weight_format.compute)
    key = [float(place > 0), -round(2 * size) / 2, -units, float(place)]
    crossing = float(candidate.tensor_parallel > candidate.gpus_per_host)
    used = candidate.gpus * candidate.groups
    decode, prefill, rate = figures(world, weight_format, candidate, memory)
    held = memory.tokens // candidate.attention_data_parallel
    tier = [crossing, float(leaves_idle(world, candidate))]
    key += {
        "latency": [*tier, decode, prefill, -rate],
        "throughput": [*tier, -rate, decode],
        "longest_context": [*tier, -min(held, model.context), decode],
        "fewest_gpus": [float(used), crossing, decode],
    }[request.objective]
    key = [float(f"{part:.9g}") for part in key]
    sizes = sizes_of(candidate)
    return (*key, used, candidate.hosts, *sizes, candidate.speculative)


def leaves_idle(world: World, candidate: Candidate) -> bool:
    """Whether as many groups, or more, with as many stages, or more, use more GPUs."""
    if world.request.constraints.pipeline_parallel:
        return candidate.groups < fill(world, candidate.gpus, candidate.gpus_per_host) and not (
            world.request.constraints.groups
        )
    tensor, asked = candidate.tensor_parallel, world.request.constraints.groups
    total = sum(len(node.gpus) for node in world.nodes)
    for stages in range(candidate.pipeline_parallel, world.request.model.layers + 1):
        if tensor * stages > total:
            break
        same = stages == candidate.pipeline_parallel
        for share in [candidate.gpus_per_host] if same else shares(world, tensor, stages):
            most = fill(world, tensor * stages, share)
            if most >= candidate.groups + (1 if same else 0) and not (same and asked):
                return True
    return False


def with_memory(world: World, memory_mib: int) -> World:
    """The same hosts with other GPU memory."""
    nodes = tuple(
        replace(node, gpus=tuple(replace(gpu, memory_mib=memory_mib) for gpu in node.gpus))
        for node in world.nodes
    )
    return replace(world, request=replace(world.request, nodes=nodes))
