# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is tested with whom, and when: rounds in which every host has at most one partner.

The circle method shares N hosts out to N - 1 rounds of N/2 pairs that together hold every pair
once. The gate takes a few of these rounds, so that its time does not grow with the number of
hosts and the number of its tests grows with N, not with its square.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.hosts import Host

Pair = tuple[Host, Host]
Round = tuple[Pair, ...]


def rounds(hosts: Sequence[Host], *, count: int, all_pairs: bool = False) -> tuple[Round, ...]:
    """C(count) rounds of pairs, or with C(all_pairs) as many as hold every pair once.

    C(hosts) come in the order of their racks. No host is twice in a round, no pair twice in all;
    with an odd number one host rests in each round, each time another. The first round crosses
    racks wherever no rack has more than half of the hosts; the others are chosen so that as many
    hosts as can be are tested both across racks and within their own. Three is the least that
    tells who is at fault: that host fails with all its partners, and each of them passes with two.
    """
    circle = _circle(hosts)
    if all_pairs or count >= len(circle):
        return tuple(circle)
    seen: set[tuple[str, bool]] = set()
    left = list(range(len(circle)))
    chosen: list[int] = []
    while len(chosen) < count:
        best = max(left, key=lambda at: (*_gain(circle[at], seen), -at)) if chosen else 0
        left.remove(best)
        chosen.append(best)
        seen |= _shown(circle[best])
    return tuple(circle[at] for at in chosen)


def crosses(pair: Pair) -> bool:
    """Whether the two are in different racks."""
    return pair[0].rack != pair[1].rack


def _circle(hosts: Sequence[Host]) -> list[Round]:
    """All rounds of the circle method.

    The seats are taken so that the first round joins host i of the racks' order with host
    i + N/2, which is in another rack unless one rack has more than half of all hosts.
    """
    if len(hosts) < 2:
        return []
    half = (len(hosts) + 1) // 2
    seats: list[Optional[Host]] = [*hosts[:half], *reversed([*hosts[half:], *_rest(hosts)])]
    made = []
    for _turn in range(len(seats) - 1):
        made.append(tuple(_pairs(seats)))
        # The first seat stays, all others move on by one.
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return made


def _rest(hosts: Sequence[Host]) -> list[Optional[Host]]:
    """An empty seat for an odd number of hosts: who sits opposite of it rests."""
    return [None] * (len(hosts) % 2)


def _pairs(seats: Sequence[Host | None]) -> Iterator[Pair]:
    for at in range(len(seats) // 2):
        one, other = seats[at], seats[-1 - at]
        if one is not None and other is not None:
            yield one, other


def _gain(of: Round, seen: Collection[tuple[str, bool]]) -> tuple[int, int]:
    """How many hosts a round is the first to test across racks, and in either way."""
    new = _shown(of).difference(seen)
    return sum(across for _name, across in new), len(new)


def _shown(of: Round) -> set[tuple[str, bool]]:
    """Which hosts a round tests, each with whether it is across racks."""
    return {(host.name, crosses(pair)) for pair in of for host in pair}
