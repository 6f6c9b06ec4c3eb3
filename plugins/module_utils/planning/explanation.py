# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a plan is as it is: the part of its document that nothing but people reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.answer import (
    Answer,
    Engine,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.arguments import (
    context_tokens,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost import (
    requests_that_fit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Considered,
    Memory,
    Refused,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import layout_name
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.staleness import made_from
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.text_table import (
    duration,
)

GIB = 1024**3
GIGABYTE = 10**9
# Further layouts that are worth a look.
ALTERNATIVES = 5
FIGURES = 4
"""Significant figures that are kept of times: the cost model has no more, and bytes stay equal."""


def explanation(answer: Answer) -> dict[str, Any]:
    """The plan's C(explanation): plain values, in the order in which a person reads them."""
    request = answer.request
    return {
        "objective": request.objective,
        "engines": [_engine(engine, request) for engine in answer.engines],
        "ranks": [rank for engine in answer.engines for rank in _ranks(engine)],
        "settings": [
            {
                "setting": setting.name,
                "value": setting.value,
                "fact": setting.fact,
                "override": setting.override,
            }
            for setting in (*answer.environment.settings, *answer.environment.elsewhere)
        ],
        "transports": [
            {"between": each.between, "nccl": each.nccl, "fact": each.fact}
            for each in answer.transports
        ],
        "intent": [row.as_dict() for row in answer.intent],
        "router_arguments": list(answer.router_arguments),
        "warnings": list(answer.warnings),
        "made_from": made_from(request, [(row.key, row.value) for row in answer.intent]),
    }


def layout_text(candidate: Candidate) -> str:
    """A layout in one line, the same for the same layout and no other."""
    groups = f"{candidate.groups} groups, " if candidate.groups > 1 else ""
    return f"{layout_name(candidate)}, {groups}{candidate.gpus_per_host} GPUs a host"


def _engine(engine: Engine, request: Request) -> dict[str, Any]:
    considered, placement = engine.considered, engine.placement
    return {
        "role": engine.role,
        "layout": layout_text(considered.candidate),
        "memory": _memory(considered.memory),
        "capacity": _capacity(considered, request),
        "cost": _cost(considered, request),
        "loader": {"name": engine.loader.name, "why": engine.loader.why},
        "traffic": {
            "cross_rack_bytes": placement.cross_rack_bytes,
            "inventory_order_bytes": placement.inventory_order_bytes,
        },
        "alternatives": [_alternative(other) for other in _others(engine)],
        "refused": refusals(engine.refused),
    }


def refusals(refused: Sequence[Refused]) -> list[dict[str, str]]:
    """Refused layouts, each with what was found, what is needed and the nearest change."""
    return [
        {
            "layout": layout_text(entry.candidate),
            "what": entry.fault.what,
            "found": entry.fault.found,
            "needed": entry.fault.needed,
            "fix": entry.fault.fix,
        }
        for entry in refused
    ]


def _memory(memory: Memory) -> dict[str, Any]:
    parts = (
        *("weights", "key_value", "reserve", "activations", "graphs", "workspace"),
        *("runtime", "total"),
    )
    sizes = {f"{part}_gib": round(getattr(memory, part) / GIB, 2) for part in parts}
    return {**sizes, "static_fraction": memory.static_fraction}


def _capacity(considered: Considered, request: Request) -> dict[str, int]:
    candidate, memory, constraints = considered.candidate, considered.memory, request.constraints
    return {
        "tokens": memory.tokens,
        "token_bytes": memory.token_bytes,
        "groups": candidate.groups,
        "typical_tokens": constraints.typical_tokens,
        "requests": candidate.groups * requests_that_fit(candidate, memory, constraints),
        "longest": context_tokens(request.model, candidate, memory, constraints.context),
    }


def _cost(considered: Considered, request: Request) -> dict[str, Any]:
    cost = considered.cost
    terms = [(name, seconds) for name, seconds in cost.terms if seconds]
    return {
        "concurrency": cost.concurrency,
        "decode_seconds": _figure(cost.decode_seconds),
        "prefill_seconds": _figure(cost.prefill_seconds),
        "tokens_per_second": _figure(cost.tokens_per_second),
        "load": _load(considered, request),
        "terms": [{"name": name, "seconds": _figure(seconds)} for name, seconds in terms],
    }


def _load(considered: Considered, request: Request) -> str:
    seconds = considered.cost.load_seconds
    if not seconds:
        return "not known: no host says how fast it reads"
    name = considered.candidate.weight_format
    size = next(known.checkpoint_bytes for known in request.model.formats if known.name == name)
    rate = size / seconds / GIGABYTE
    return f"{duration(seconds)}: {size / GIGABYTE:.1f} GB at {rate:.1f} GB/s on each host"


def _others(engine: Engine) -> Iterable[Considered]:
    others = [other for other in engine.ranked if other.candidate != engine.considered.candidate]
    return others[:ALTERNATIVES]


def _alternative(other: Considered) -> dict[str, Any]:
    return {
        "layout": layout_text(other.candidate),
        "decode_seconds": _figure(other.cost.decode_seconds),
        "tokens_per_second": _figure(other.cost.tokens_per_second),
        "tokens": other.memory.tokens,
        "gpus": other.candidate.gpus * other.candidate.groups,
    }


def _ranks(engine: Engine) -> list[Mapping[str, Any]]:
    return [
        {"group": name, "rank": rank.rank, "why": rank.reason}
        for name, group in zip(engine.names, engine.placement.groups)
        for rank in group
    ]


def _figure(number: float) -> float:
    return float(f"{number:.{FIGURES}g}")
