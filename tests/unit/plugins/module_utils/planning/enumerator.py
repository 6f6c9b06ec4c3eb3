"""A second planner that looks at everything: the oracle of test_optimum.py.

It shares no code with choose, search, layouts, pools, ranking, refusals and cost: the input types
alone, and the constants, which are data. What the engine's memory, the model's shape and the
format of a GPU allow is given to it as functions. It tries every size from 1 up, every number of
groups, fills hosts one by one, and compares all layouts with each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_constants import (
    CONSTANTS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
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


@dataclass(frozen=True)
class Layout:
    """A layout that works and where it stands; the smallest key is best."""

    candidate: Candidate
    key: tuple[float, ...]
    figures: tuple[float, float, float]


def network(node: Node) -> float:
    """Bytes/s to other hosts."""
    return sum(rail.rate for rail in node.rails if rail.up) or node.tcp_rate


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


def sizes_of(candidate: Candidate) -> tuple[int, ...]:
    """The sizes of the parallel dimensions."""
    return (
        candidate.tensor_parallel,
        candidate.pipeline_parallel,
        candidate.attention_data_parallel,
        candidate.expert_parallel,
    )


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


def figures(
    world: World, weight_format: WeightFormat, candidate: Candidate, memory: Memory
) -> tuple[float, float, float]:
    """Seconds of one token and of one prompt, tokens a second of all groups."""
    asked = world.request.constraints
    requests = math.ceil(asked.concurrency / candidate.groups)
    if world.request.objective == "throughput":
        attention = candidate.attention_data_parallel
        fit = memory.tokens // attention // asked.typical_tokens * attention
        requests = min(fit, max(48 if candidate.speculative else 2048, requests))
    decode = decode_seconds(world, weight_format, candidate, memory, requests)
    prefill, work = prefill_seconds(world, weight_format, candidate)
    answer = max(1.0, asked.typical_tokens * CONSTANTS.answer_share)
    rate = requests * answer / (answer * decode + requests * work)
    return decode, prefill, candidate.groups * rate


def decode_seconds(
    world: World, weight_format: WeightFormat, candidate: Candidate, memory: Memory, requests: int
) -> float:
    model, tensor, stages = world.request.model, *sizes_of(candidate)[:2]
    tokens = world.request.constraints.typical_tokens
    batch = max(1.0, requests / stages)
    bandwidth = world.gpu.memory_bandwidth * CONSTANTS.memory_share
    reads = weights_of_a_step(model, weight_format, candidate, batch) / bandwidth
    layers = math.ceil(model.layers / stages)
    layers += model.draft_layers if candidate.speculative else 0
    cache = batch / candidate.attention_data_parallel * tokens * memory.token_bytes
    reads_cache = cache * model.layers / layers / bandwidth
    attention = model.attention
    if isinstance(attention, MultiHeadLatent):
        width = 2 * attention.key_value_rank + attention.rope_head_dim
    else:
        width = 2 * attention.head_dim
    scores = 2.0 * attention.heads * width * tokens * model.layers
    work = batch * operations(world, weight_format, scores) / tensor
    seconds = max(reads + reads_cache, work)
    seconds += model.layers * exchange(world, candidate, batch)
    seconds += hops(world, candidate, batch)
    seconds += stages * CONSTANTS.engine_step + model.layers * CONSTANTS.layer_step
    if not candidate.speculative:
        return seconds
    progress = min(1.0, (requests - 1) / (CONSTANTS.speculative_many - 1))
    gain = CONSTANTS.speculative_gain_one * (1 - progress)
    return seconds / (gain + CONSTANTS.speculative_gain_many * progress)


def prefill_seconds(
    world: World, weight_format: WeightFormat, candidate: Candidate
) -> tuple[float, float]:
    """Of one prompt, and the part of it that keeps one stage busy."""
    model, tensor, stages = world.request.model, *sizes_of(candidate)[:2]
    tokens = world.request.constraints.typical_tokens
    chunk = world.rules.chunk(world.memory_mib) // candidate.attention_data_parallel
    chunks = math.ceil(tokens / max(1, chunk))
    attention = model.attention
    if isinstance(attention, MultiHeadLatent):
        width = attention.nope_head_dim + attention.rope_head_dim + attention.value_head_dim
    else:
        width = 2 * attention.head_dim
    scores = 2.0 * attention.heads * width * tokens / 2 * model.layers
    work = tokens * operations(world, weight_format, scores) / tensor / stages
    bandwidth = world.gpu.memory_bandwidth * CONSTANTS.memory_share
    weights = weights_of_a_step(model, weight_format, candidate, tokens / chunks)
    busy = max(work, chunks * weights / stages / bandwidth)
    busy += chunks * model.layers / stages * exchange(world, candidate, tokens / chunks)
    waiting = busy * (stages - 1) / chunks + hops(world, candidate, tokens / chunks)
    return busy + waiting, busy


def operations(world: World, weight_format: WeightFormat, scores: float) -> float:
    """Seconds of one token's operations on one GPU."""
    units = world.gpu.flops(weight_format.compute) or world.gpu.flops("bfloat16")
    plain = 2.0 * world.request.model.active_parameters / units
    return (plain + scores / world.gpu.flops("bfloat16")) / CONSTANTS.matrix_share


def weights_of_a_step(
    model: ModelSpec, weight_format: WeightFormat, candidate: Candidate, batch: float
) -> float:
    """Bytes of weights that a step reads on one GPU of each stage, added up tensor by tensor."""
    tensor = candidate.tensor_parallel
    group = tensor // candidate.attention_data_parallel
    hidden, other = model.hidden, weight_format.other_bytes
    dense = model.layers
    total = 0.0
    for experts in model.experts:
        dense = min(model.layers, experts.dense_layers)
        one = 3 * hidden * experts.intermediate
        different = experts.routed * (1 - math.pow(1 - experts.active / experts.routed, batch))
        mean = different / candidate.expert_parallel
        busiest = mean + math.sqrt(2 * mean * math.log(candidate.expert_parallel))
        read = min(busiest * candidate.expert_parallel, experts.routed)
        layer = read * one * weight_format.expert_bytes / tensor
        layer += experts.shared * one * weight_format.linear_bytes / tensor
        layer += experts.routed * hidden * other + experts.routed * 4
        total += (model.layers - dense) * layer
    total += dense * 3 * hidden * model.intermediate * weight_format.linear_bytes / tensor
    total += model.layers * attention_bytes(model, weight_format, group)
    rows = math.ceil(model.vocabulary / 64) * 64
    head = group if model.tied and candidate.pipeline_parallel == 1 else tensor
    return total + rows * hidden * other / head + hidden * other


def attention_bytes(model: ModelSpec, weight_format: WeightFormat, group: int) -> float:
    """Bytes of one layer's attention and norms on one GPU."""
    attention, hidden = model.attention, model.hidden
    a, other = weight_format.attention_bytes, weight_format.other_bytes
    norms = 2 * hidden * other
    if not isinstance(attention, MultiHeadLatent):
        query = 2 * hidden * attention.heads * attention.head_dim * a / group
        heads = attention.key_value_heads
        key_value = 2 * hidden * heads * attention.head_dim * a / min(group, heads)
        return query + key_value + norms
    rank, heads = attention.key_value_rank, attention.heads
    down = hidden * (attention.query_rank + rank + attention.rope_head_dim) * a
    up = rank * heads * (attention.nope_head_dim + attention.value_head_dim)
    query = (attention.query_rank or hidden) * heads
    query *= attention.nope_head_dim + attention.rope_head_dim
    out = heads * attention.value_head_dim * hidden
    split = ((query + up + out) * a + up * 2.0) / group
    return down + split + (attention.query_rank + rank) * other + norms


def exchange(world: World, candidate: Candidate, batch: float) -> float:
    """Seconds of one layer's exchanges."""
    size = batch * world.request.model.hidden * 2
    attention = candidate.attention_data_parallel
    first = one_reduce(world, candidate, candidate.tensor_parallel // attention, size / attention)
    return first + one_reduce(world, candidate, candidate.tensor_parallel, size)


def one_reduce(world: World, candidate: Candidate, ranks: int, size: float) -> float:
    if ranks == 1:
        return 0.0
    hosts = math.ceil(ranks / candidate.gpus_per_host)
    near = math.ceil(ranks / hosts) - 1
    slowest = world.link if hosts == 1 else min(world.link, world.fabric)
    latency = near * near_hop(world) + math.log2(hosts) * CONSTANTS.network_hop
    moved = size * 2 * (ranks - 1) / ranks
    return CONSTANTS.collective_start + 2 * latency + moved / slowest


def hops(world: World, candidate: Candidate, batch: float) -> float:
    """Seconds from the first stage to the last."""
    size = batch * world.request.model.hidden * 2 * 2
    seconds = 0.0
    for stage in range(1, candidate.pipeline_parallel):
        last_gpu = stage * candidate.tensor_parallel - 1
        across = last_gpu // candidate.gpus_per_host != (last_gpu + 1) // candidate.gpus_per_host
        hop = CONSTANTS.network_hop if across else near_hop(world)
        rate = world.fabric if across else world.link
        seconds += CONSTANTS.collective_start + hop + size / rate
    return seconds


def near_hop(world: World) -> float:
    return CONSTANTS.nvlink_hop if world.nodes[0].nvlink else CONSTANTS.pcie_hop


def with_memory(world: World, memory_mib: int) -> World:
    """The same hosts with other GPU memory."""
    nodes = tuple(
        replace(node, gpus=tuple(replace(gpu, memory_mib=memory_mib) for gpu in node.gpus))
        for node in world.nodes
    )
    return replace(world, request=replace(world.request, nodes=nodes))
