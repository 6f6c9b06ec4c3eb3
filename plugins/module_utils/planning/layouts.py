# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The layouts that are worth a look on hosts with equal GPUs.

The numbers of hosts and GPUs do not matter for the time this takes: hosts are counted by size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    Pool,
    groups_that_fit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    FEWEST_GPUS,
    THROUGHPUT,
    Constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.shape_rules import (
    shape_faults,
)

# SGLang's page of DeepSeek-V3: DP attention is for throughput with large batches, "not recommended
# for low-latency small batch". It keeps one copy of the KV cache of multi-head latent attention in
# a tensor group instead of one a GPU, so it also lets fewer GPUs hold the requests.
DP_ATTENTION_OBJECTIVES = (THROUGHPUT, FEWEST_GPUS)


@dataclass(frozen=True)
class Ask:
    """What is searched for: an objective under constraints."""

    objective: str
    constraints: Constraints


def candidates(
    model: ModelSpec, weight_format: WeightFormat, pool: Pool, ask: Ask
) -> Iterator[Candidate]:
    """All layouts of a model in one weight format, each with as many groups as the hosts carry.

    A person's sizes are kept. A layout that the hosts do not carry once has one group here, and is
    refused later with the number of missing hosts.
    """
    constraints = ask.constraints
    for tensor in _tensor_sizes(model, pool, constraints):
        inner = [
            (attention, _expert_size(model, weight_format, (tensor, attention), constraints))
            for attention in _attention_sizes(model, tensor, ask)
        ]
        for stages in _stage_counts(model, pool, tensor, constraints):
            drafts = _speculative_choices(model, stages, constraints)
            for share in host_shares([size for size, _count in pool.sizes], tensor, stages):
                groups = constraints.groups or room(pool, tensor * stages, share) or 1
                for attention, expert in inner:
                    for draft in drafts:
                        yield Candidate(
                            weight_format=weight_format.name,
                            tensor_parallel=tensor,
                            pipeline_parallel=stages,
                            attention_data_parallel=attention,
                            expert_parallel=expert,
                            groups=groups,
                            gpus_per_host=share,
                            speculative=draft,
                        )


def room(pool: Pool, gpus: int, share: int) -> int:
    """How many groups of so many GPUs, C(share) of them on a host, the pool carries."""
    hosts = gpus // share
    return groups_that_fit(pool.hosts_for(hosts), share, hosts)


def host_shares(host_sizes: Sequence[int], tensor: int, stages: int) -> tuple[int, ...]:
    """How many GPUs a group may take on each host: the most that each size of host allows.

    A host holds whole stages or an equal part of one, as the engine numbers its ranks
    (_calculate_rank_ranges in entrypoints/engine.py of the catalogue's SGLang).
    """
    gpus = tensor * stages
    fits = [
        share
        for share in range(min(max(host_sizes), gpus), 0, -1)
        if gpus % share == 0 and (share % tensor == 0 or tensor % share == 0)
    ]
    return tuple(sorted({next(s for s in fits if s <= size) for size in host_sizes}, reverse=True))


def most_groups_with_more_stages(model: ModelSpec, pool: Pool, tensor: int) -> Mapping[int, int]:
    """For each number of stages, how many groups fit at best that have more stages than that.

    A group with fewer stages than as many groups could have leaves GPUs idle.
    """
    host_sizes = [size for size, _count in pool.sizes]
    most: dict[int, int] = {}
    best = 0
    for stages in range(model.layers, 0, -1):
        most[stages] = best
        if tensor * stages <= pool.gpus:
            shares = host_shares(host_sizes, tensor, stages)
            best = max(best, *(room(pool, tensor * stages, share) for share in shares))
    return most


def divisors(number: int) -> tuple[int, ...]:
    """All divisors, smallest first."""
    return tuple(size for size in range(1, number + 1) if number % size == 0)


def _tensor_sizes(model: ModelSpec, pool: Pool, constraints: Constraints) -> Sequence[int]:
    if constraints.tensor_parallel:
        return (constraints.tensor_parallel,)
    return tuple(size for size in divisors(model.attention.heads) if size <= pool.gpus)


def _stage_counts(
    model: ModelSpec, pool: Pool, tensor: int, constraints: Constraints
) -> Sequence[int]:
    if constraints.pipeline_parallel:
        return (constraints.pipeline_parallel,)
    return range(1, max(1, min(model.layers, pool.gpus // tensor)) + 1)


def _attention_sizes(model: ModelSpec, tensor: int, ask: Ask) -> Sequence[int]:
    if ask.constraints.attention_data_parallel:
        return (ask.constraints.attention_data_parallel,)
    latent = isinstance(model.attention, MultiHeadLatent)
    return divisors(tensor) if latent and ask.objective in DP_ATTENTION_OBJECTIVES else (1,)


def _expert_size(
    model: ModelSpec, weight_format: WeightFormat, sizes: tuple[int, int], constraints: Constraints
) -> int:
    """The smallest size that the model's shape allows: it only makes GPUs wait for the busiest one,
    but it can keep whole blocks of an expert's width on one GPU. 1 where no size does."""
    if constraints.expert_parallel:
        return constraints.expert_parallel
    tensor, attention = sizes
    for expert in divisors(tensor) if model.experts else ():
        whole = Candidate(weight_format.name, tensor, 1, attention, expert, 1, tensor, False)
        if not shape_faults(model, weight_format, whole):
            return expert
    return 1


def _speculative_choices(model: ModelSpec, stages: int, constraints: Constraints) -> Sequence[bool]:
    # server_args.py of the catalogue's SGLang: no speculative decoding with pipeline stages.
    useful = constraints.speculative and model.draft_layers > 0 and stages == 1
    return (False, True) if useful else (False,)
