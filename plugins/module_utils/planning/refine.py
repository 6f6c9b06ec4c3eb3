# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Better orders for a group whose racks are too small for whole pipeline stages.

There no simple order is best: which stage is cut matters, since the last one also gathers logits,
and so does where inside the stage. Steps that lower the bytes are taken until none does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import gcd

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.traffic import Link

# Hosts of a group, and racks with spares that are tried. The steps of one round grow with the
# square of the first and the product of both, and each costs time linear in the first.
LARGEST_GROUP = 32
MOST_SPARE_RACKS = 8


def refine(
    members: Sequence[int],
    spares: Sequence[int],
    racks: Mapping[int, str],
    traffic: Mapping[Link, Fraction],
    stage: int,
) -> list[int]:
    """The hosts of a group in a better order, or with better hosts, where one step finds any.

    C(spares) are free hosts, C(racks) names the rack of each host, C(stage) counts the hosts of a
    pipeline stage. Groups of more than C(LARGEST_GROUP) hosts are returned as they are.
    """
    best = list(members)
    if len(best) > LARGEST_GROUP:
        return best
    links = _whole_numbers(traffic)
    pool = _pool(spares, members, racks)
    cost = _cost(best, racks, links)
    while True:
        steps = (*_exchanges(best, racks, stage), *_replacements(best, pool, racks))
        lowest = min(((_cost(step, racks, links), step) for step in steps), default=(cost, best))
        if lowest[0] >= cost:
            return best
        cost, best = lowest


def _whole_numbers(traffic: Mapping[Link, Fraction]) -> list[tuple[int, int, int]]:
    """The links with sizes in a common part of a byte: comparing them is then fast and exact."""
    part = 1
    for size in traffic.values():
        part = part * size.denominator // gcd(part, size.denominator)
    return [(source, target, int(size * part)) for (source, target), size in traffic.items()]


def _pool(
    spares: Sequence[int], members: Sequence[int], racks: Mapping[int, str]
) -> dict[str, list[int]]:
    """Hosts that may be part of the group, by rack: those of its own racks and of a few others."""
    pool: dict[str, list[int]] = {}
    for host in sorted({*spares, *members}):
        pool.setdefault(racks[host], []).append(host)
    used = {racks[host] for host in members}
    names = sorted(pool, key=lambda name: (name not in used, name))
    return {name: pool[name] for name in names[: len(used) + MOST_SPARE_RACKS]}


def _cost(
    members: Sequence[int], racks: Mapping[int, str], links: Sequence[tuple[int, int, int]]
) -> int:
    names = [racks[host] for host in members]
    return sum(size for source, target, size in links if names[source] != names[target])


def _exchanges(members: list[int], racks: Mapping[int, str], stage: int) -> Iterator[list[int]]:
    """Two hosts of different racks, or two stages, in each other's place."""
    for one, other in combinations(range(len(members)), 2):
        if racks[members[one]] != racks[members[other]]:
            yield _exchanged(members, one, other, 1)
    for one, other in combinations(range(0, len(members), stage), 2):
        yield _exchanged(members, one, other, stage)


def _replacements(
    members: list[int], pool: Mapping[str, Sequence[int]], racks: Mapping[int, str]
) -> Iterator[list[int]]:
    """The first free host of another rack in the place of a host."""
    for rack, hosts in pool.items():
        free = next((host for host in hosts if host not in members), None)
        if free is not None:
            for at, host in enumerate(members):
                if racks[host] != rack:
                    yield [*members[:at], free, *members[at + 1 :]]


def _exchanged(members: Sequence[int], one: int, other: int, length: int) -> list[int]:
    changed = list(members)
    changed[one : one + length] = members[other : other + length]
    changed[other : other + length] = members[one : one + length]
    return changed
