# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Search the splits of the hosts for the best layouts of prefill and decode that fit together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Callable, Optional, Protocol

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import NoLayoutError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Considered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_format
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.ranking import quality
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    PREFILL,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_rules import (
    devices_differ,
    fit_together,
    no_pair,
    role_without_layout,
    shared_devices,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_scores import (
    role_score,
    score,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_splits import (
    Split,
    splits_of,
)

ROLES = (PREFILL, DECODE)


class Chosen(Protocol):
    """What choose() returns: every layout that works, and the hosts that they may take."""

    @property
    def ranked(self) -> tuple[Considered, ...]:
        """Best first, all in one weight format."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Hosts of one GPU model."""


Choose = Callable[[Request], Chosen]


@dataclass(frozen=True)
class Option:
    """A layout of one role and the hosts that it may take."""

    considered: Considered
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Pair:
    """Layouts of both roles that fit together. The highest C(key) is best."""

    prefill: Option
    decode: Option
    key: tuple[float, ...]


@dataclass(frozen=True)
class Refusal:
    """Why a role has no layout in a split."""

    role: str
    split: Split
    error: InputError


def best_pair(
    request: Request, choose: Choose, fabric: str
) -> tuple[Optional[Pair], tuple[Fault, ...]]:
    """The best pair of all splits, or none and the reasons.

    The better weight format comes first, as it does for unified engines, then the objective.
    C(fabric) is the link layer over which the roles reach each other.
    """
    splits = [split for split in splits_of(request.nodes) if _connected(split, fabric)]
    pairs: list[Pair] = []
    refusals: list[Refusal] = []
    for split in splits:
        found, refused = _pairs(request, split, choose)
        pairs += found
        refusals += refused
    if pairs:
        return max(pairs, key=lambda pair: pair.key), ()
    return None, tuple(_reasons(request, splits, refusals))


def _connected(split: Split, fabric: str) -> bool:
    return all(shared_devices(split.nodes(role), fabric) for role in ROLES)


def _pairs(request: Request, split: Split, choose: Choose) -> tuple[list[Pair], list[Refusal]]:
    parts = {role: _part(request, role, split.nodes(role)) for role in ROLES}
    options: dict[str, list[Option]] = {}
    refusals: list[Refusal] = []
    for role, part in parts.items():
        try:
            options[role] = _options(part, choose)
        except InputError as error:
            refusals.append(Refusal(role, split, error))
    if refusals:
        return [], refusals
    formats = {role: _format(options[role]) for role in ROLES}
    for role, other in ((PREFILL, DECODE), (DECODE, PREFILL)):
        if formats[role] != formats[other]:
            options[role] += _options_in(formats[other], parts[role], choose)
    return _fitting(request, options), []


def _part(request: Request, role: str, nodes: tuple[Node, ...]) -> Request:
    """The question for one role; the engine's reserve depends on the role."""
    constraints = replace(request.constraints, serving_mode=role)
    return replace(request, nodes=nodes, constraints=constraints)


def _options(part: Request, choose: Choose) -> list[Option]:
    chosen = choose(part)
    return [Option(considered, chosen.nodes) for considered in chosen.ranked]


def _format(options: Sequence[Option]) -> str:
    return options[0].considered.candidate.weight_format


def _options_in(weight_format: str, part: Request, choose: Choose) -> list[Option]:
    """Layouts in the format that the other role came to: both load the same checkpoint."""
    constraints = replace(part.constraints, weight_format=weight_format)
    try:
        return _options(replace(part, constraints=constraints), choose)
    except InputError:
        return []


def _fitting(request: Request, options: dict[str, list[Option]]) -> list[Pair]:
    return [
        Pair(prefill, decode, _key(request, prefill.considered, decode.considered))
        for prefill in _leaders(request, PREFILL, options[PREFILL])
        for decode in _leaders(request, DECODE, options[DECODE])
        if fit_together(prefill.considered.candidate, decode.considered.candidate)
    ]


def _key(request: Request, prefill: Considered, decode: Considered) -> tuple[float, ...]:
    weight_format = find_format(request.model, prefill.candidate.weight_format)
    better = (-part for part in quality(request.model, weight_format))
    return (*better, *score(request, prefill, decode))


def _leaders(request: Request, role: str, options: Sequence[Option]) -> list[Option]:
    """The best layout of a role among those that fit the same other layouts: no other can win."""
    best: dict[tuple[object, ...], Option] = {}
    for option in options:
        candidate = option.considered.candidate
        kin = (
            candidate.weight_format,
            candidate.speculative,
            candidate.pipeline_parallel,
            candidate.tensor_parallel // candidate.attention_data_parallel,
        )
        if kin not in best or role_score(request, role, option.considered) > role_score(
            request, role, best[kin].considered
        ):
            best[kin] = option
    return list(best.values())


def _reasons(
    request: Request, splits: Sequence[Split], refusals: Sequence[Refusal]
) -> Iterator[Fault]:
    if not splits:
        yield devices_differ()
        return
    told = _telling(splits, refusals)
    for refusal in told:
        found, change = _nearest(refusal.error)
        nodes = refusal.split.nodes(refusal.role)
        place = f"{refusal.role} on {_gpus(nodes)} of {_gpus(request.nodes)} GPUs"
        yield role_without_layout(place, found, change)
    if not told:
        yield no_pair(f"{_gpus(request.nodes)} GPUs in {len(splits)} splits")


def _telling(splits: Sequence[Split], refusals: Sequence[Refusal]) -> list[Refusal]:
    """The refusals that say what is missing: of a role that no split has room for, that with the
    most GPUs; else, where no split has room for both, those of the most even split."""
    of_role = {role: [refusal for refusal in refusals if refusal.role == role] for role in ROLES}
    never = [found for found in of_role.values() if len(found) == len(splits)]
    if never:
        return [max(found, key=lambda each: _gpus(each.split.nodes(each.role))) for found in never]
    if any(split not in [refusal.split for refusal in refusals] for split in splits):
        return []
    even = min(splits, key=lambda split: abs(_gpus(split.prefill) - _gpus(split.decode)))
    return [refusal for refusal in refusals if refusal.split == even]


def _nearest(error: InputError) -> tuple[str, str]:
    """What the nearest change would mend, and that change."""
    if not isinstance(error, NoLayoutError) or not error.changes:
        return error.details["faults"][0], "add hosts"
    change = error.changes[0]
    mended = [fault for fault in error.layout_faults if fault.fix == change] or error.layout_faults
    return f"{mended[0].where}: {mended[0].what}: {mended[0].found}", change


def _gpus(nodes: Sequence[Node]) -> int:
    return sum(len(node.gpus) for node in nodes)
