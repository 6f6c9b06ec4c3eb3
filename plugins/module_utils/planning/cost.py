# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a layout costs: seconds of one token, of one prompt, of loading; tokens a second.

Every term has a name and seconds, so that a person can argue with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_constants import (
    ACTIVATION_BYTES,
    CONSTANTS,
    RUNNING_REQUESTS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_terms import (
    Rates,
    Weights,
    all_reduce_seconds,
    attention_operations,
    hops_seconds,
    matrix_seconds,
    routed_share,
    speculative_gain,
    weights_read,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Cost,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.reserve import (
    SPECULATIVE_REQUESTS,
    chunked_prefill_tokens,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    stage_layers,
)

Terms = list[tuple[str, float]]


@dataclass(frozen=True)
class Machine:
    """What a group runs on."""

    gpu: GpuSpec
    memory_mib: int
    rates: Rates


@dataclass(frozen=True)
class Load:
    """What each group runs: so many requests at once, each of C(tokens) tokens."""

    requests: int
    tokens: int


@dataclass(frozen=True)
class _Group:
    model: ModelSpec
    weight_format: WeightFormat
    machine: Machine
    candidate: Candidate
    memory: Memory
    weights: Weights
    load: Load


def cost_of(
    model: ModelSpec,
    weight_format: WeightFormat,
    machine: Machine,
    candidate: Candidate,
    memory: Memory,
    load: Load,
) -> Cost:
    """The cost of a layout under a load."""
    plain = replace(candidate, speculative=False)
    group = _Group(
        model=model,
        weight_format=weight_format,
        machine=machine,
        candidate=candidate,
        memory=memory,
        weights=weights_read(model, weight_format, plain),
        load=load,
    )
    decode = _decode_terms(group)
    work = _prefill_work(group)
    prefill = [*work, *_prefill_waiting(group, sum(seconds for _name, seconds in work))]
    loading = weight_format.checkpoint_bytes / machine.rates.disk if machine.rates.disk else 0.0
    decode_seconds = sum(seconds for _name, seconds in decode)
    return Cost(
        terms=(*decode, *prefill, ("load of the weights", loading)),
        decode_seconds=decode_seconds,
        prefill_seconds=sum(seconds for _name, seconds in prefill),
        concurrency=candidate.groups * load.requests,
        tokens_per_second=candidate.groups
        * _group_rate(load, decode_seconds, sum(part for _name, part in work)),
        load_seconds=loading,
    )


def requests_of_a_group(candidate: Candidate, constraints: Constraints) -> int:
    """Requests of the asked concurrency that one group runs."""
    return -(-constraints.concurrency // candidate.groups)


def requests_that_fit(candidate: Candidate, memory: Memory, constraints: Constraints) -> int:
    """Typical requests that a group holds and runs at once."""
    attention_groups = candidate.attention_data_parallel
    each = memory.tokens // attention_groups // constraints.typical_tokens
    asked = requests_of_a_group(candidate, constraints)
    limit = SPECULATIVE_REQUESTS if candidate.speculative else RUNNING_REQUESTS
    most = max(limit, asked)
    return min(each * attention_groups, most, memory.running_requests or most)


def _group_rate(load: Load, decode_seconds: float, work_seconds: float) -> float:
    # In the long run each request takes its prompt's work and its answer's part of the steps.
    answer = max(1.0, load.tokens * CONSTANTS.answer_share)
    return load.requests * answer / (answer * decode_seconds + load.requests * work_seconds)


def _decode_terms(group: _Group) -> Terms:
    # A micro-batch goes through all stages; the stages work on different ones at once.
    candidate, gpu = group.candidate, group.machine.gpu
    stages, model = candidate.pipeline_parallel, group.model
    batch = max(1.0, group.load.requests / stages)
    rate = gpu.memory_bandwidth * CONSTANTS.memory_share
    weights = (
        group.weights.always + group.weights.routed * routed_share(model, candidate, batch)
    ) / rate
    cache = _key_value_bytes(group, batch) / rate
    attention = attention_operations(model, group.load.tokens, absorbed=True)
    operations = matrix_seconds(model, gpu, group.weight_format.compute, batch, attention)
    terms = [
        ("decode weight reads", weights),
        ("decode KV reads", cache),
        (
            "decode matrix operations beyond the reads",
            max(0.0, operations / candidate.tensor_parallel - weights - cache),
        ),
        ("decode all-reduces", model.layers * _exchange_seconds(group, batch)),
        ("decode stage hops", hops_seconds(model, candidate, group.machine.rates, batch)),
        (
            "decode engine steps",
            CONSTANTS.engine_step * stages + CONSTANTS.layer_step * model.layers,
        ),
    ]
    if not candidate.speculative:
        return terms
    gain = speculative_gain(group.load.requests)
    saved = sum(seconds for _name, seconds in terms) * (1 - 1 / gain)
    return [*terms, ("decode saved by the speculative head", -saved)]


def _key_value_bytes(group: _Group, batch: float) -> float:
    # token_bytes is of the fullest stage, with the draft layers; a step reads all stages.
    model, candidate = group.model, group.candidate
    stages = candidate.pipeline_parallel
    held = len(stage_layers(model.layers, stages, stages - 1))
    held += model.draft_layers if candidate.speculative else 0
    tokens = batch / candidate.attention_data_parallel * group.load.tokens
    return tokens * group.memory.token_bytes * model.layers / held


def _exchange_seconds(group: _Group, tokens: float) -> float:
    """All exchanges of one layer for so many tokens at once.

    With DP attention the first all-reduce runs in each attention group, and one gather and one
    scatter over all GPUs move what the second does (layers/dp_attention.py of SGLang).
    Expert parallelism sends the same: without --moe-a2a-backend, which no plan sets, every GPU has
    all tokens and computes its own experts (StandardDispatcher).
    """
    candidate, rates = group.candidate, group.machine.rates
    tensor, groups = candidate.tensor_parallel, candidate.attention_data_parallel
    size = tokens * group.model.hidden * ACTIVATION_BYTES
    attention = all_reduce_seconds(candidate, rates, tensor // groups, size / groups)
    return attention + all_reduce_seconds(candidate, rates, tensor, size)


def _prefill_work(group: _Group) -> Terms:
    """What one stage does for one prompt, all its chunks together."""
    candidate, gpu, model = group.candidate, group.machine.gpu, group.model
    stages, tokens = candidate.pipeline_parallel, group.load.tokens
    chunks = _chunks(group)
    # A token attends to half of the prompt on average.
    attention = attention_operations(model, tokens / 2, absorbed=False)
    operations = matrix_seconds(model, gpu, group.weight_format.compute, tokens, attention)
    operations /= candidate.tensor_parallel * stages
    share = routed_share(model, candidate, tokens / chunks)
    weights = group.weights.always + group.weights.routed * share
    reads = chunks * weights / stages / (gpu.memory_bandwidth * CONSTANTS.memory_share)
    exchanges = chunks * model.layers / stages * _exchange_seconds(group, tokens / chunks)
    return [
        ("prefill matrix operations", operations),
        ("prefill weight reads beyond the operations", max(0.0, reads - operations)),
        ("prefill all-reduces", exchanges),
    ]


def _prefill_waiting(group: _Group, work: float) -> Terms:
    """The last chunk has to pass the other stages: (stages - 1) / chunks of a stage's work."""
    candidate, rates = group.candidate, group.machine.rates
    chunks = _chunks(group)
    tokens = group.load.tokens / chunks
    return [
        ("prefill pipeline bubble", work * (candidate.pipeline_parallel - 1) / chunks),
        ("prefill stage hops", hops_seconds(group.model, candidate, rates, tokens)),
    ]


def _chunks(group: _Group) -> int:
    size = chunked_prefill_tokens(group.machine.memory_mib)
    size = max(1, size // group.candidate.attention_data_parallel)
    return -(-group.load.tokens // size)
