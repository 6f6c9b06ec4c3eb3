# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All layouts of one model in one weight format on one pool: which work, which are refused.

Layouts that work have a tier, and only those of the best one are ranked. Tensor parallelism that
leaves the host stands behind every layout in which it does not: its exchanges, two a layer, would
use the network, where pipeline stages send once a stage. Hosts of one NVLink domain count as one
host here. Then a layout that leaves GPUs idle, which as many groups with more stages would use,
stands behind those that do not: an idle GPU serves nobody, more stages hold more KV tokens. Memory
has no part in the tiers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost import (
    Load,
    Machine,
    cost_of,
    requests_of_a_group,
    requests_that_fit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_terms import Rates
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cpu_memory import (
    cpu_memory_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.decode_workspace import (
    with_decode_workspace,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Considered,
    Memory,
    Refused,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layouts import (
    Ask,
    candidates,
    most_groups_with_more_stages,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import memory_of
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import Pool
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.ranking import (
    leaves_host,
    rank_key,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import (
    bytes_short,
    crossing_fault,
    first_fault,
    idle_fault,
    tokens_held,
    workspace_fault,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    FEWEST_GPUS,
    THROUGHPUT,
    Constraints,
)

Tier = tuple[bool, bool]


@dataclass(frozen=True)
class Task:
    """One model in one weight format on one pool, for one objective under constraints."""

    model: ModelSpec
    weight_format: WeightFormat
    pool: Pool
    ask: Ask


@dataclass(frozen=True)
class Short:
    """A layout whose memory does not do."""

    candidate: Candidate
    memory: Memory


@dataclass(frozen=True)
class Found:
    """What a search found: C(ranked) works, best first; C(refused) has its reasons; C(short) lacks
    memory, its reasons are written once it is known what would do."""

    ranked: tuple[Considered, ...]
    refused: tuple[Refused, ...]
    short: tuple[Short, ...]


def search(task: Task) -> Found:
    """Look at every layout once. Only those of the best tier are worth their costs."""
    refused: list[Refused] = []
    fits: list[Short] = []
    short: list[Short] = []
    for candidate, memory in _with_memory(task, refused):
        enough = not bytes_short(candidate, memory, task.ask.constraints)
        (fits if enough else short).append(Short(candidate, memory))
    if not fits:
        return Found((), tuple(refused), tuple(short))
    tiers = _tiers(task, fits)
    top = min(tiers)
    best = (_considered(task, fit) for fit, tier in zip(fits, tiers) if tier == top)
    ranked = sorted(best, key=lambda each: rank_key(task.model, task.ask.objective, each))
    behind = (
        Refused(fit.candidate, _behind(task, fit.candidate, ranked[0].candidate))
        for fit, tier in zip(fits, tiers)
        if tier > top
    )
    return Found(tuple(ranked), (*refused, *behind), tuple(short))


def memory_for(task: Task, candidate: Candidate) -> Memory:
    """The memory of a layout on the pool's smallest GPU, or in its smallest host's main memory."""
    model, pool, constraints = task.model, task.pool, task.ask.constraints
    kind = cpu_memory_of if pool.on_cpu else memory_of
    memory = kind(model, task.weight_format, pool.memory_mib, candidate, constraints)
    return with_decode_workspace(memory, model, pool.gpu, candidate, constraints)


def fewest_groups(candidate: Candidate, memory: Memory, constraints: Constraints) -> int:
    """The smallest number of groups that hold the asked requests together; 0 where one of them
    does not hold a single one."""
    each = tokens_held(candidate, memory) // constraints.typical_tokens
    held = each * candidate.attention_data_parallel
    held = min(held, memory.running_requests or held)
    return -(-constraints.concurrency // held) if held else 0


def _with_memory(task: Task, refused: list[Refused]) -> Iterator[tuple[Candidate, Memory]]:
    """Layouts that the shape and the hosts allow; C(refused) takes the others."""
    known: dict[tuple[int, int, int, bool], Memory] = {}
    for candidate in candidates(task.model, task.weight_format, task.pool, task.ask):
        fault = first_fault(task.model, task.weight_format, task.pool, candidate)
        if fault:
            refused.append(Refused(candidate, fault))
            continue
        key = (
            candidate.tensor_parallel,
            candidate.pipeline_parallel,
            candidate.attention_data_parallel,
            candidate.speculative,
        )
        if key not in known:
            known[key] = memory_for(task, candidate)
        sized = _sized(task, candidate, known[key])
        fault = workspace_fault(sized, known[key], task.ask.constraints)
        if fault:
            refused.append(Refused(sized, fault))
            continue
        yield sized, known[key]


def _sized(task: Task, candidate: Candidate, memory: Memory) -> Candidate:
    """As many groups as there is room for, or as few as do where GPUs are to be saved."""
    constraints = task.ask.constraints
    if task.ask.objective != FEWEST_GPUS or constraints.groups:
        return candidate
    fewest = fewest_groups(candidate, memory, constraints)
    return replace(candidate, groups=fewest) if 0 < fewest < candidate.groups else candidate


def _considered(task: Task, fit: Short) -> Considered:
    pool, constraints = task.pool, task.ask.constraints
    rates = Rates(pool.link_rate, pool.nvlink, pool.fabric_rate, pool.disk_rate, joined=pool.joined)
    requests = requests_of_a_group(fit.candidate, constraints)
    if task.ask.objective == THROUGHPUT:
        requests = requests_that_fit(fit.candidate, fit.memory, constraints)
    cost = cost_of(
        task.model,
        task.weight_format,
        Machine(pool.gpu, pool.memory_mib, rates),
        fit.candidate,
        fit.memory,
        Load(requests, constraints.typical_tokens),
    )
    return Considered(fit.candidate, fit.memory, cost)


def _behind(task: Task, candidate: Candidate, best: Candidate) -> Fault:
    crosses = _crosses(task, candidate) and not _crosses(task, best)
    return (crossing_fault if crosses else idle_fault)(task.pool, candidate, best)


def _crosses(task: Task, candidate: Candidate) -> bool:
    """Whether the GPUs that share a layer are joined by the network alone."""
    return leaves_host(candidate) and not task.pool.joined


def _tiers(task: Task, fits: Sequence[Short]) -> list[Tier]:
    """For each layout whether tensor parallelism leaves the host, and whether GPUs stay idle that
    as many groups with more stages would use. Where GPUs are to be saved neither matters."""
    if task.ask.objective == FEWEST_GPUS:
        return [(False, False)] * len(fits)
    layouts = [fit.candidate for fit in fits]
    most = {
        tensor: most_groups_with_more_stages(task.model, task.pool, tensor)
        for tensor in {layout.tensor_parallel for layout in layouts}
    }
    free = not task.ask.constraints.pipeline_parallel
    return [
        (
            _crosses(task, layout),
            free and most[layout.tensor_parallel][layout.pipeline_parallel] >= layout.groups,
        )
        for layout in layouts
    ]
