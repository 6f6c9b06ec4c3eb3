# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The terms of the cost model for one engine group, each a number of seconds.

A roofline: what must be read divided by the memory's rate, operations divided by the matrix units'
rate, messages by the link's rate and number of hops. Formulas are in the docstrings; constants in
cost_constants.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_constants import (
    ACTIVATION_BYTES,
    CONSTANTS,
    HOP_TENSORS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weight_tensors import (
    dense_layers,
    embedding_tensors,
    head_tensors,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    HEAD_ON_EVERY_STAGE,
    attention_group,
    stages_bytes,
)


@dataclass(frozen=True)
class Rates:
    """Bytes/s in one direction: C(link) between two GPUs of a host, C(fabric) from a host to the
    others, C(disk) of reading weights, 0 where nobody said. C(nvlink) says what C(link) is,
    C(joined) that NVLink is the fabric too."""

    link: float
    nvlink: bool
    fabric: float
    disk: float
    joined: bool = False


@dataclass(frozen=True)
class Weights:
    """Bytes that one token's way through all stages reads on one GPU of each.

    C(always) is read at every step, C(routed) are all routed experts: a step reads a part of them.
    """

    always: float
    routed: float


def weights_read(model: ModelSpec, weight_format: WeightFormat, candidate: Candidate) -> Weights:
    """The weights of all stages less what no step reads: the embedding and copies of the head."""
    other = weight_format.other_bytes
    stages = stages_bytes(model, weight_format, candidate)
    embedding = sum(part.elements for part in embedding_tensors(model)) * other
    unread = 0.0 if model.tied and len(stages) == 1 else embedding / attention_group(candidate)
    if _head_on_every_stage(model):
        head = sum(part.elements for part in head_tensors(model)) * other
        unread += head / candidate.tensor_parallel * (len(stages) - 1)
    layers = model.layers - dense_layers(model)
    routed = sum(
        experts.routed * 3 * model.hidden * experts.intermediate * layers
        for experts in model.experts
    )
    routed_bytes = routed * weight_format.expert_bytes / candidate.tensor_parallel
    return Weights(always=sum(stages) - unread - routed_bytes, routed=routed_bytes)


def routed_share(model: ModelSpec, candidate: Candidate, tokens: float) -> float:
    """The part of its routed experts that the busiest GPU reads for so many tokens.

    Each token takes C(active) of C(routed) experts, as if at random: r (1 - (1 - a/r)^n) different
    ones. With expert parallelism the busiest of n GPUs has mean + sqrt(2 mean ln n) of them (balls
    into bins: Raab and Steger 1998, Theorem 1).
    """
    for experts in model.experts:
        hit = experts.routed * (1 - math.pow(1 - experts.active / experts.routed, tokens))
        mean = hit / candidate.expert_parallel
        busiest = mean + math.sqrt(2 * mean * math.log(candidate.expert_parallel))
        return min(1.0, busiest * candidate.expert_parallel / experts.routed)
    return 0.0


def attention_operations(model: ModelSpec, context: float, *, absorbed: bool) -> float:
    """Operations of one token's attention to C(context) others in all layers.

    Two a multiplication with an addition. Decoding with multi-head latent attention works on the
    compressed vector (C(absorbed)): 2 rank + rope elements a head; otherwise on keys and values.
    """
    attention = model.attention
    if not isinstance(attention, MultiHeadLatent):
        width = 2 * attention.head_dim
    elif absorbed:
        width = 2 * attention.key_value_rank + attention.rope_head_dim
    else:
        width = attention.nope_head_dim + attention.rope_head_dim + attention.value_head_dim
    return 2.0 * attention.heads * width * context * model.layers


def matrix_seconds(
    model: ModelSpec, gpu: GpuSpec, compute: str, tokens: float, attention: float
) -> float:
    """Seconds that one GPU would need for the weights' and the attention's operations of so many
    tokens; C(attention) is operations a token, which run in bfloat16."""
    weights = 2.0 * model.active_parameters / (gpu.flops(compute) or gpu.flops("bfloat16"))
    attended = attention / gpu.flops("bfloat16")
    return tokens * (weights + attended) / CONSTANTS.matrix_share


def all_reduce_seconds(candidate: Candidate, rates: Rates, ranks: int, size: float) -> float:
    """One all-reduce of C(size) bytes over C(ranks) GPUs.

    NCCL's model of a tree (src/graph/tuning.cc): start + 2 ((ranks a host - 1) hop +
    log2(hosts) network hop), and 2 (n - 1)/n of the bytes at the slower of link and fabric.
    """
    if ranks == 1:
        return 0.0
    hosts = -(-ranks // candidate.gpus_per_host)
    rate = rates.link if hosts == 1 else min(rates.link, rates.fabric)
    hops = (-(-ranks // hosts) - 1) * _hop(rates) + math.log2(hosts) * _network_hop(rates)
    return CONSTANTS.collective_start + 2 * hops + 2 * (ranks - 1) / ranks * size / rate


def hops_seconds(model: ModelSpec, candidate: Candidate, rates: Rates, tokens: float) -> float:
    """Hidden states and residual of so many tokens from the first stage to the last."""
    size = tokens * model.hidden * ACTIVATION_BYTES * HOP_TENSORS
    stages = candidate.pipeline_parallel
    between = min(candidate.hosts, stages) - 1
    within = stages - 1 - between
    inside = CONSTANTS.collective_start + _hop(rates) + size / rates.link
    if not between:
        return within * inside
    across = CONSTANTS.collective_start + _network_hop(rates) + size / rates.fabric
    return within * inside + between * across


def speculative_gain(requests: float) -> float:
    """How many times faster decoding is with the speculative head: from one request to 32 in a
    straight line, then level."""
    way = min(1.0, (requests - 1) / (CONSTANTS.speculative_many - 1))
    one, many = CONSTANTS.speculative_gain_one, CONSTANTS.speculative_gain_many
    return one + (many - one) * way


def _hop(rates: Rates) -> float:
    return CONSTANTS.nvlink_hop if rates.nvlink else CONSTANTS.pcie_hop


def _network_hop(rates: Rates) -> float:
    return CONSTANTS.nvlink_hop if rates.joined else CONSTANTS.network_hop


def _head_on_every_stage(model: ModelSpec) -> bool:
    return model.architecture in HEAD_ON_EVERY_STAGE and not model.tied
