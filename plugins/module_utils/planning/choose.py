# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Choose the layout for a model on given hosts, or say why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import (
    Fault,
    ordered,
    rename_fix,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Considered,
    Refused,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layouts import Ask
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.nearest import (
    closest,
    relaxed,
    short_refusals,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    Pool,
    host_faults,
    make_pools,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.ranking import (
    Key,
    in_order,
    quality,
    rank_key,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import (
    format_not_needed,
    layout_name,
    unusable_format,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.search import (
    Found,
    Task,
    search,
)


@dataclass(frozen=True)
class Choice:
    """The layout to use, and everything that was weighed.

    C(ranked) are the layouts that work, best first, on the same GPU model and in the same weight
    format; C(refused) the others, each with its number and the nearest change. C(nodes) are the
    hosts that the layout may be placed on, in inventory order; C(left_out) says which hosts it
    cannot or does not use, and why.
    """

    best: Considered
    ranked: tuple[Considered, ...]
    refused: tuple[Refused, ...]
    gpu: GpuSpec
    weight_format: WeightFormat
    nodes: tuple[Node, ...]
    left_out: tuple[Fault, ...]


class NoLayoutError(InputError):
    """No layout works. C(layout_faults) are the reasons, sorted, the closest layout of each kind;
    C(changes) what would make it work, the nearest change first; C(refused) every layout."""

    def __init__(
        self,
        subject: str,
        faults: Sequence[Fault],
        changes: Sequence[str] = (),
        refused: Sequence[Refused] = (),
    ) -> None:
        self.layout_faults = ordered(faults)
        self.changes = tuple(dict.fromkeys(changes))
        self.refused = tuple(refused)
        hints = [f"nearest change: {change}" for change in self.changes[:1]]
        super().__init__(subject, [*(fault.line() for fault in self.layout_faults), *hints])


@dataclass(frozen=True)
class _Outcome:
    """A pool's answer: its best weight format that has a layout, if any."""

    pool: Pool
    refused: tuple[Refused, ...]
    closest: tuple[Fault, ...]
    found: tuple[tuple[WeightFormat, Found], ...]


def choose(request: Request) -> Choice:
    """The best layout of C(request.model) on C(request.nodes) for the objective.

    Weight formats are tried in order, the official one first; the first that has a layout wins.
    Raises C(NoLayoutError) with every reason and the nearest change, InputError for GPUs that the
    catalogue does not have.
    """
    asked = ordered(_constraint_faults(request))
    if asked:
        raise NoLayoutError(_subject(request), asked)
    outcomes = _outcomes(request)
    works = [outcome for outcome in outcomes if outcome.found]
    if not works:
        raise _no_layout(request, outcomes)
    best = min(works, key=lambda each: _pool_key(request, each))
    weight_format, found = best.found[0]
    top = found.ranked[0]
    return Choice(
        best=top,
        ranked=found.ranked,
        refused=tuple(refused for outcome in outcomes for refused in outcome.refused),
        gpu=best.pool.gpu,
        weight_format=weight_format,
        nodes=best.pool.nodes_for(top.candidate.hosts),
        left_out=_left_out(request, outcomes, best.pool, top.candidate),
    )


def _constraint_faults(request: Request) -> Iterator[Fault]:
    model, constraints = request.model, request.constraints
    known = [weight_format.name for weight_format in model.formats]
    if constraints.weight_format and constraints.weight_format not in known:
        yield Fault(
            code="unknown_weight_format",
            where="site_constraints.weight_format",
            found=constraints.weight_format,
            needed=f"a published format of {model.name}",
            fix=rename_fix(constraints.weight_format, known),
        )
    for name in ("context", "typical_tokens"):
        tokens = getattr(constraints, name)
        if tokens > model.context:
            yield Fault(
                code="context_longer_than_model",
                where=f"site_constraints.{name}",
                found=f"{tokens} tokens",
                needed=f"at most {model.context}, the context of {model.name}",
                fix=f"set {name} to {model.context} or less",
            )


def _outcomes(request: Request) -> tuple[_Outcome, ...]:
    return tuple(_outcome(request, pool) for pool in make_pools(request.nodes))


def _outcome(request: Request, pool: Pool) -> _Outcome:
    ask = Ask(request.objective, request.constraints)
    refused: list[Refused] = []
    near: list[Fault] = []
    formats = _formats(request, pool)
    for position, weight_format in enumerate(formats):
        fault = unusable_format(pool, weight_format)
        if fault:
            refused.append(Refused(_whole_host(pool, weight_format), fault))
            near.append(fault)
            continue
        task = Task(request.model, weight_format, pool, ask)
        found = search(task)
        reasons = (*found.refused, *short_refusals(task, found))
        refused += reasons
        if found.ranked:
            refused += _not_needed(pool, found.ranked[0].candidate, formats[position + 1 :])
            return _Outcome(pool, tuple(refused), (), ((weight_format, found),))
        near += _closest_faults(task, found, reasons)
    return _Outcome(pool, tuple(refused), tuple(near), ())


def _formats(request: Request, pool: Pool) -> tuple[WeightFormat, ...]:
    asked = request.constraints.weight_format
    return tuple(
        weight_format
        for weight_format in in_order(request.model, pool.gpu)
        if asked in ("", weight_format.name)
    )


def _not_needed(
    pool: Pool, candidate: Candidate, formats: Sequence[WeightFormat]
) -> Iterator[Refused]:
    for weight_format in formats:
        other = _whole_host(pool, weight_format)
        fault = unusable_format(pool, weight_format)
        yield Refused(other, fault or format_not_needed(candidate, weight_format.name))


def _closest_faults(task: Task, found: Found, reasons: Sequence[Refused]) -> tuple[Fault, ...]:
    """Of the layouts that lack memory the one that lacks least, and one that lacks network; where
    there are none, one of each other reason."""
    one = {reason.fault.code: reason.fault for reason in reasons}
    near = []
    if found.short:
        lacking = closest(task, found.short).candidate
        near += [reason.fault for reason in reasons if reason.candidate == lacking]
    if "fabric_too_slow" in one:
        near.append(one["fabric_too_slow"])
    return tuple(near or one.values())


def _whole_host(pool: Pool, weight_format: WeightFormat) -> Candidate:
    """A layout to name where a whole weight format is refused: one group on the largest host."""
    size = pool.sizes[0][0]
    return Candidate(weight_format.name, size, 1, 1, 1, 1, size, speculative=False)


def _pool_key(request: Request, outcome: _Outcome) -> Key:
    weight_format, found = outcome.found[0]
    rank = rank_key(request.model, request.objective, found.ranked[0])
    return (*quality(request.model, weight_format), *rank)


def _left_out(
    request: Request, outcomes: Sequence[_Outcome], pool: Pool, candidate: Candidate
) -> tuple[Fault, ...]:
    others = Fault(
        code="gpus_differ_between_hosts",
        where="group serving",
        found=f"{len(request.nodes) - len(pool.nodes)} hosts without {pool.gpu.name}",
        needed="GPUs of one model in all groups",
        fix="plan the other hosts in an inventory of their own",
    )
    faults = [fault for fault in host_faults(request.nodes) if _matters(fault, candidate)]
    return ordered([*faults, *([others] if len(outcomes) > 1 else [])])


def _matters(fault: Fault, candidate: Candidate) -> bool:
    return fault.code != "fabric_too_slow" or candidate.hosts > 1


def _no_layout(request: Request, outcomes: Sequence[_Outcome]) -> NoLayoutError:
    faults = [fault for outcome in outcomes for fault in outcome.closest]
    if not request.nodes:
        faults.append(_no_hosts())
    faults += [fault for fault in host_faults(request.nodes) if fault.code != "fabric_too_slow"]
    changes = [*_without_a_wish(request), *(fault.fix for fault in faults)]
    refused = [refused for outcome in outcomes for refused in outcome.refused]
    return NoLayoutError(_subject(request), faults, changes, refused)


def _without_a_wish(request: Request) -> Iterator[str]:
    """Each of the person's constraints that alone stands in the way."""
    for words, constraints in relaxed(request.constraints):
        for outcome in _outcomes(replace(request, constraints=constraints)):
            for _format, found in outcome.found:
                layout = layout_name(found.ranked[0].candidate)
                yield f"leave out {words}: {layout} fits on {outcome.pool.gpu.name}"


def _no_hosts() -> Fault:
    return Fault(
        code="no_serving_hosts",
        where="group serving",
        found="0 hosts",
        needed="at least 1 host",
        fix="put hosts into the group serving",
    )


def _subject(request: Request) -> str:
    return f"no layout for {request.model.name}"
