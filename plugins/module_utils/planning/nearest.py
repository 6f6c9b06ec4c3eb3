# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The nearest change that would make a layout work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Considered,
    Refused,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layouts import (
    divisors,
    host_shares,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    GIGABIT,
    SLOWEST_FABRIC,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import (
    bytes_short,
    layout_name,
    memory_fault,
    tokens_held,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.search import (
    Found,
    Short,
    Task,
    fewest_groups,
    memory_for,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.shape_rules import (
    shape_faults,
)


def short_refusals(task: Task, found: Found) -> tuple[Refused, ...]:
    """The layouts that lack memory, each with how much and what would do."""
    constraints = task.ask.constraints
    lone = "" if found.ranked or not found.short else change_of(task, found.short)
    return tuple(
        Refused(
            each.candidate,
            memory_fault(
                each.candidate,
                each.memory,
                constraints,
                lone or _fitting(each.candidate, found.ranked),
            ),
        )
        for each in found.short
    )


def closest(task: Task, short: Sequence[Short]) -> Short:
    """The layout that lacks least memory."""
    constraints = task.ask.constraints
    return min(short, key=lambda each: bytes_short(each.candidate, each.memory, constraints))


def change_of(task: Task, short: Sequence[Short]) -> str:
    """What to change where no layout has memory enough: more hosts, or to ask for less."""
    changes = (*_more_hosts(task), *_less(task, closest(task, short)))
    return "; or ".join(changes) or "take a smaller model, or GPUs with more memory"


def relaxed(constraints: Constraints) -> Iterator[tuple[str, Constraints]]:
    """The constraints with one of a person's wishes left out at a time, and its words."""
    for field in fields(Constraints):
        value = getattr(constraints, field.name)
        if field.name not in KEPT and value != field.default:
            changed: dict[str, Any] = {field.name: field.default}
            yield f"{field.name} {value}", replace(constraints, **changed)


# What a request is and what the cache holds are not wishes about the layout.
KEPT = ("serving_mode", "typical_tokens", "speculative")


def _fitting(candidate: Candidate, ranked: Sequence[Considered]) -> str:
    """Of the layouts that work: more stages if that does, otherwise the best."""
    tensor, stages = candidate.tensor_parallel, candidate.pipeline_parallel
    more = [
        each.candidate.pipeline_parallel
        for each in ranked
        if each.candidate.tensor_parallel == tensor
        and each.candidate.attention_data_parallel == candidate.attention_data_parallel
        and each.candidate.pipeline_parallel > stages
    ]
    if more:
        return f"set pipeline_parallel to {min(more)}"
    return f"use {layout_name(ranked[0].candidate)}"


def _more_hosts(task: Task) -> Iterator[str]:
    layout = _smallest(task)
    if layout is None:
        return
    pool, share = task.pool, layout.gpus_per_host
    per_host, needed = pool.sizes[0][0], _hosts(task, layout)
    there = sum(count for size, count in pool.sizes if size >= share)
    connected = sum(count for size, count in pool.hosts_for(layout.hosts) if size >= share)
    fits = f"{layout_name(layout)} on {layout.gpus * layout.groups} GPUs fits"
    if needed > there:
        yield f"add {needed - there} hosts of {per_host} GPUs: {fits}"
    elif needed > connected:
        gigabits = SLOWEST_FABRIC / GIGABIT
        yield f"bring {needed - connected} more hosts to {gigabits:g} Gb/s: {fits}"


def _hosts(task: Task, layout: Candidate) -> int:
    """Hosts of the largest size that a layout needs; several groups may share one."""
    beside = task.pool.sizes[0][0] // layout.gpus_per_host
    return layout.hosts * layout.groups if layout.hosts > 1 else -(-layout.groups // beside)


def _less(task: Task, short: Short) -> Iterator[str]:
    constraints, candidate = task.ask.constraints, short.candidate
    held = tokens_held(candidate, short.memory)
    if held and constraints.context > held:
        yield f"lower context to {held}: {layout_name(candidate)} fits"
    requests = held // constraints.typical_tokens * candidate.attention_data_parallel
    if requests * candidate.groups < constraints.concurrency and requests:
        yield f"lower concurrency to {requests * candidate.groups}"


def _smallest(task: Task) -> Optional[Candidate]:
    """The smallest layout that works with any number of hosts like the largest of the pool."""
    layouts = [layout for tensor in _tensors(task) for layout in _first_stages(task, tensor)]
    return min(
        layouts, key=lambda each: (_hosts(task, each), each.gpus * each.groups), default=None
    )


def _tensors(task: Task) -> Sequence[int]:
    asked, host = task.ask.constraints.tensor_parallel, task.pool.sizes[0][0]
    return (asked,) if asked else [t for t in divisors(task.model.attention.heads) if t <= host]


def _first_stages(task: Task, tensor: int) -> Iterator[Candidate]:
    """The fewest stages that do, for one tensor-parallel size."""
    constraints, model = task.ask.constraints, task.model
    asked = constraints.pipeline_parallel
    for stages in (asked,) if asked else range(1, model.layers + 1):
        layout = Candidate(
            weight_format=task.weight_format.name,
            tensor_parallel=tensor,
            pipeline_parallel=stages,
            attention_data_parallel=constraints.attention_data_parallel or 1,
            expert_parallel=constraints.expert_parallel or 1,
            groups=constraints.groups or 1,
            gpus_per_host=host_shares((task.pool.sizes[0][0],), tensor, stages)[0],
            speculative=False,
        )
        if shape_faults(model, task.weight_format, layout):
            continue
        memory = memory_for(task, layout)
        groups = constraints.groups or fewest_groups(layout, memory, constraints) or 1
        layout = replace(layout, groups=groups)
        if not bytes_short(layout, memory, constraints):
            yield layout
            return
