# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How good a pair of engines is for each objective, from the cost model's figures.

Both roles count: prefill works on the prompt of a typical request, decode on its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_constants import (
    CONSTANTS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Considered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import tokens_held
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    FEWEST_GPUS,
    LATENCY,
    LONGEST_CONTEXT,
    PREFILL,
    THROUGHPUT,
    Request,
)

Figure = Callable[[Request, Considered], float]


@dataclass(frozen=True)
class Score:
    """The figure of each role and what both make together. Higher is better."""

    prefill: Figure
    decode: Figure
    together: Callable[[float, float], float]


def role_score(request: Request, role: str, considered: Considered) -> tuple[float, float]:
    """How good one role is for the request's objective, then how fast. Higher is better."""
    return _of_role(request.objective, request, role, considered), _of_role(
        LATENCY, request, role, considered
    )


def score(request: Request, prefill: Considered, decode: Considered) -> tuple[float, float]:
    """How good both are for the request's objective, then how fast. Higher is better."""
    one, other = (
        SCORES[objective].together(
            _of_role(objective, request, PREFILL, prefill),
            _of_role(objective, request, DECODE, decode),
        )
        for objective in (request.objective, LATENCY)
    )
    return one, other


def _of_role(objective: str, request: Request, role: str, considered: Considered) -> float:
    known = SCORES[objective]
    return {PREFILL: known.prefill, DECODE: known.decode}[role](request, considered)


def prompts_per_second(_request: Request, prefill: Considered) -> float:
    """Typical prompts a second of all prefill engines, one after the other on each."""
    return prefill.candidate.groups / prefill.cost.prefill_seconds


def answers_per_second(request: Request, decode: Considered) -> float:
    """Typical answers a second of all decode engines at the asked concurrency."""
    return decode.cost.concurrency / _answer_seconds(request, decode)


def _answer_seconds(request: Request, decode: Considered) -> float:
    answer = max(1.0, request.constraints.typical_tokens * CONSTANTS.answer_share)
    return answer * decode.cost.decode_seconds


def _gpus(_request: Request, considered: Considered) -> float:
    return -float(considered.candidate.groups * considered.candidate.gpus)


def _context(request: Request, considered: Considered) -> float:
    return min(request.model.context, tokens_held(considered.candidate, considered.memory))


def _sum(one: float, other: float) -> float:
    return one + other


SCORES: Mapping[str, Score] = {
    LATENCY: Score(
        prefill=lambda _request, considered: -considered.cost.prefill_seconds,
        decode=lambda request, considered: -_answer_seconds(request, considered),
        together=_sum,
    ),
    THROUGHPUT: Score(prompts_per_second, answers_per_second, min),
    LONGEST_CONTEXT: Score(_context, _context, min),
    FEWEST_GPUS: Score(_gpus, _gpus, _sum),
}
