"""The cost model a second time, written tensor by tensor: a part of the enumerator."""

from __future__ import annotations

import math

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_constants import (
    CONSTANTS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
    WeightFormat,
)

from tests.unit.plugins.module_utils.planning.enumerator_world import World, sizes_of


def figures(
    world: World, weight_format: WeightFormat, candidate: Candidate, memory: Memory
) -> tuple[float, float, float]:
    """Seconds of one token and of one prompt, tokens a second of all groups."""
    asked = world.request.constraints
    requests = math.ceil(asked.concurrency / candidate.groups)
    if world.request.objective == "throughput":
        attention = candidate.attention_data_parallel
        fit = memory.tokens // attention // asked.typical_tokens * attention
        most = max(48 if candidate.speculative else 2048, requests)
        requests = min(fit, most, memory.running_requests or most)
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
