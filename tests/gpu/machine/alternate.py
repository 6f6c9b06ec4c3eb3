"""The plan's launch and the best one by hand, in turn: one measurement of each could be luck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .launch import Launch

KILLED = 1


def alternation(
    launches: Sequence[Launch], records: Sequence[Mapping[str, Any]], rounds: int
) -> Iterator[Launch]:
    """`rounds` further launches of the plan and of the best by hand, which alone carry a number in
    their names. A rank is killed in the last of them, where the plan's launch has a rank for that.
    """
    plan = next(launch for launch in launches if launch.about["chosen_by"] == "plan")
    best = _best(launches, records)
    for number in range(2, rounds + 2):
        for launch in (best, plan) if best else (plan,):
            last = launch is plan and number == rounds + 1
            killed = KILLED if last and plan.ranks > 1 else None
            yield replace(launch, name=f"{launch.name}-{number}", kill_rank=killed)


def _best(launches: Sequence[Launch], records: Sequence[Mapping[str, Any]]) -> Launch | None:
    """The launch by hand with the most output tokens per second at the most streams."""
    rates = {
        record["name"]: record["measured"][-1]["output_tokens_per_second"]
        for record in records
        if record["chosen_by"] == "hand" and "failure" not in record
    }
    name = max(rates, key=lambda each: rates[each], default="")
    return next((launch for launch in launches if launch.name == name), None)
