# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A transfer through a chain goes in rounds: a sample, then the rest, planned from what was seen.

What a link can carry is known for certain only once bytes went over it. The first round brings a
part of a large model; a node that proved slow there is fed beside the chain in the next one. A
round that does not end in time, or that nodes did not survive, is followed by another. Pure
functions over values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.deadlines import deadlines
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import slow_nodes
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parts import fan_out_of
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.receiving import Receiving

# A model of less than so many samples comes in one round: planning anew could save little.
SAMPLES = 4


@dataclass(frozen=True)
class Standing:
    """What a node lacks of the model, in bytes, and the seconds of its last run."""

    whole: bool
    wanting_bytes: int
    largest_bytes: int
    seconds: float


@dataclass(frozen=True)
class Limits:
    """What a person allows: the sample in bytes (0: none), seconds for all rounds together and for
    one attempt at a file, and the files that a node fetches at a time."""

    sample_bytes: int
    deadline_seconds: int
    timeout_seconds: int
    parallel: int


@dataclass(frozen=True)
class Round:
    """Round ``number``, from 1: who holds the model, who is too slow for a chain, and limits.

    ``run_seconds`` is 0 when the time of all rounds is over; ``spent_seconds`` went by before it.
    """

    number: int
    holders: tuple[str, ...]
    aside: tuple[str, ...]
    share_bytes: int
    run_seconds: int
    timeout_seconds: int
    spent_seconds: float


def first_round(standings: Mapping[str, Standing], limits: Limits) -> Round:
    """The round that begins a transfer."""
    total = max((each.wanting_bytes for each in standings.values()), default=0)
    return Round(
        number=1,
        holders=_holders(standings),
        aside=(),
        share_bytes=limits.sample_bytes if total >= SAMPLES * limits.sample_bytes else 0,
        run_seconds=limits.deadline_seconds,
        timeout_seconds=limits.timeout_seconds,
        spent_seconds=0.0,
    )


def next_round(
    before: Round,
    nodes: Sequence[Mapping[str, Any]],
    standings: Mapping[str, Standing],
    receiving: Mapping[str, Receiving],
    limits: Limits,
) -> Round:
    """The round after ``before``, for the ``nodes`` that are left, as chain_parts takes them.

    ``receiving`` is what came to each node since the transfer began. Raises InputError.
    """
    fan_out = fan_out_of(nodes, before.holders, before.aside)
    rates = {name: each.file_rate for name, each in receiving.items()}
    known = {name: rate for name, rate in rates.items() if rate is not None}
    aside = {*before.aside, *slow_nodes(fan_out, known)}
    spent = before.spent_seconds + max((each.seconds for each in standings.values()), default=0.0)
    due = _deadlines(standings, receiving, limits, hops=len(nodes))
    left = max(limits.deadline_seconds - int(spent), 0)
    return Round(
        number=before.number + 1,
        holders=_holders(standings),
        aside=tuple(sorted(aside)),
        share_bytes=0,
        run_seconds=min(left, due[0]) if due else left,
        timeout_seconds=max(limits.timeout_seconds, due[1]) if due else limits.timeout_seconds,
        spent_seconds=spent,
    )


def _holders(standings: Mapping[str, Standing]) -> tuple[str, ...]:
    return tuple(sorted(name for name, each in standings.items() if each.whole))


def _deadlines(
    standings: Mapping[str, Standing],
    receiving: Mapping[str, Receiving],
    limits: Limits,
    *,
    hops: int,
) -> Optional[tuple[int, int]]:
    """Seconds for the round and for one attempt at a file over the slowest link that was seen."""
    rates = [each.link_rate for each in receiving.values() if each.link_rate is not None]
    if not rates:
        return None
    due = deadlines(
        total_bytes=max((each.wanting_bytes for each in standings.values()), default=0),
        largest_bytes=max((each.largest_bytes for each in standings.values()), default=0),
        bytes_per_second=min(rates),
        parallel=limits.parallel,
        hops=hops,
    )
    return due.run_seconds, due.file_seconds
