# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who feeds whom when one model goes to many nodes: chains of relays, one a rack.

A chain passes bytes on while they land, so its last node ends hardly later than its first and the
source sends them once. It is as fast as its slowest link, so a slow node gets whole files from a
neighbour beside the chain. Pure functions over values.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError

# A chain keeps at least this share of the median's speed, so the others end within 1 / 0.8 = 1.25
# times the wire when one node is slow.
SLOW_SHARE = 0.8


class Manner(Enum):
    """What a node may be given: files while they land, or only those held whole and verified."""

    PASSED_ON = "passed_on"
    STORED = "stored"


@dataclass(frozen=True)
class FanOutNode:
    """A node that shall hold the model.

    ``bytes_per_second`` is its link's measured or declared rate; None when nobody knows it, and
    the node then counts as one of median speed. A node that ``has_source`` reads it without a link.
    """

    name: str
    rack: str = ""
    bytes_per_second: Optional[float] = None
    has_source: bool = False


@dataclass(frozen=True)
class Feed:
    """Where one node's bytes come from.

    ``feeders`` are nodes, the preferred one first; when none is left, and in the chain that has
    none to begin with, it is the source. A node that ``pulls`` asks for every file; any other gets
    what passes through its relay.
    """

    node: str
    feeders: tuple[str, ...]
    manner: Manner
    pulls: bool


@dataclass(frozen=True)
class FanOut:
    """The feeds, each after its feeders' own, and the chains they form (names, head first)."""

    feeds: tuple[Feed, ...]
    chains: tuple[tuple[str, ...], ...]

    def feed(self, node: str) -> Feed:
        """The feed of a node; raises KeyError for one that is not fed."""
        return {feed.node: feed for feed in self.feeds}[node]

    @property
    def source_copies(self) -> int:
        """How many times the source sends each byte while nothing fails."""
        return sum(not feed.feeders for feed in self.feeds)


def plan_fan_out(
    nodes: Sequence[FanOutNode],
    *,
    holders: frozenset[str] = frozenset(),
    aside: frozenset[str] = frozenset(),
    slow_share: float = SLOW_SHARE,
    relayable: bool = True,
) -> FanOut:
    """Feed every node once, the same way whatever order the nodes come in.

    ``holders`` have the whole model and only feed; with one of them the source sends nothing.
    ``aside`` are nodes that proved too slow for a chain, whatever their rate says. Racks and, at
    equal speed, nodes go by name; the fastest node heads its chain, and before all others the one
    that has the source: any other head would have it send everything twice. A source that is not
    ``relayable`` is one that no relay can read: who is fed from it asks for every file itself, and
    gives whole ones on. Raises InputError.
    """
    faults = _faults(nodes, holders, slow_share)
    if faults:
        raise InputError("the fan-out of weights is refused", faults)
    rated = _rated(nodes)
    wanting = sorted(
        (node for node in rated if node.name not in holders),
        key=lambda node: (not node.has_source, node.rack, -node.rate, node.name),
    )
    least = slow_share * statistics.median(node.rate for node in rated)
    fast = [
        node
        for node in wanting
        if node.has_source or (node.rate >= least and node.name not in aside)
    ]
    if wanting and not fast and not holders:
        fast = [max(wanting, key=lambda node: node.rate)]
    planner = _Planner(rated, holders, relayable=relayable)
    for rack in dict.fromkeys(node.rack for node in fast):
        planner.add_chain([node for node in fast if node.rack == rack])
    slow = [node for node in wanting if node not in fast]
    for node in sorted(slow, key=lambda node: (-node.rate, node.name)):
        planner.add_beside(node)
    return FanOut(tuple(planner.feeds), tuple(planner.chains))


def slow_nodes(
    plan: FanOut, receiving: Mapping[str, float], slow_share: float = SLOW_SHARE
) -> frozenset[str]:
    """Chain nodes that slow down all after them: the first in each chain that lags its feeder.

    ``receiving`` is the rate in bytes/s at which each node's relay takes one file in; nodes behind
    a slow link are as slow as it is and not to blame. A node that is not in it is not judged.
    """
    found = set()
    for chain in plan.chains:
        rates = [(node, receiving[node]) for node in chain if node in receiving]
        lagging = (
            node
            for (_before, fed), (node, rate) in zip(rates, rates[1:])
            if rate < slow_share * fed
        )
        found.update(list(lagging)[:1])
    return frozenset(found)


@dataclass(frozen=True)
class _Rated:
    name: str
    rack: str
    rate: float
    has_source: bool


def _rated(nodes: Sequence[FanOutNode]) -> list[_Rated]:
    known = [node.bytes_per_second for node in nodes if node.bytes_per_second is not None]
    typical = statistics.median(known) if known else 1.0
    return [
        _Rated(
            name=node.name,
            rack=node.rack,
            rate=typical if node.bytes_per_second is None else node.bytes_per_second,
            has_source=node.has_source,
        )
        for node in nodes
    ]


def _faults(nodes: Sequence[FanOutNode], holders: frozenset[str], slow_share: float) -> list[str]:
    names = [node.name for node in nodes]
    faults = [f"node {name!r} is named more than once" for name in names if names.count(name) > 1]
    faults += [f"holder {name!r} is not one of the nodes" for name in sorted(holders - {*names})]
    faults += [
        f"node {n.name!r}: its link has {n.bytes_per_second:g} bytes/s, more than 0 is needed"
        for n in nodes
        if n.bytes_per_second is not None and not n.bytes_per_second > 0
    ]
    if not nodes:
        faults.append("no node is left to feed")
    if not 0 < slow_share <= 1:
        faults.append(f"slow_share {slow_share:g}: more than 0 and at most 1 is needed")
    return faults


class _Planner:
    """Collects feeds and keeps what each node's link can still send, in bytes/s."""

    def __init__(
        self, nodes: Iterable[_Rated], holders: frozenset[str], *, relayable: bool
    ) -> None:
        self.feeds: list[Feed] = []
        self.chains: list[tuple[str, ...]] = []
        self._racks = {node.name: node.rack for node in nodes}
        self._spare = {node.name: node.rate for node in nodes}
        # Nodes that can feed others, in the order in which they were placed.
        self._placed = sorted(holders)
        self._relayable = relayable

    def add_chain(self, members: Sequence[_Rated]) -> None:
        """Feed a rack's nodes one from another, the head from a node that has room or the source.

        A head with room for two streams is preferred, since the way through it is the shortest;
        among nodes of one speed it is the tail before, which sends to nobody.
        """
        names = [node.name for node in members]
        pace = min(node.rate for node in members)
        head_feeders = self._choose(self._placed_for(members[0].rack), pace)
        # What the head asks for itself does not pass through its relay.
        asking = not head_feeders and not self._relayable
        for position, name in enumerate(names):
            before = tuple(reversed(names[max(position - 2, 0) : position]))
            feed = Feed(name, before or head_feeders, Manner.PASSED_ON, pulls=name == names[-1])
            if position == 0:
                feed = _headed(feed, asking=asking)
            elif position == 1 and asking:
                feed = replace(feed, manner=Manner.STORED)
            self.feeds.append(feed)
        for name in names[:-1]:
            self._spare[name] -= pace
        self._placed += names
        self.chains.append(tuple(names))

    def add_beside(self, node: _Rated) -> None:
        """Feed a slow node from a neighbour's idle direction: its rack's tail, then any other."""
        own = [name for name in reversed(self._placed) if self._racks[name] == node.rack]
        others = [name for name in reversed(self._placed) if self._racks[name] != node.rack]
        feeders = self._choose([*own, *others], node.rate)
        self.feeds.append(Feed(node.name, feeders, Manner.STORED, pulls=True))
        self._placed.append(node.name)

    def _placed_for(self, rack: str) -> list[str]:
        return sorted(self._placed, key=lambda name: self._racks[name] != rack)

    def _choose(self, candidates: Sequence[str], needed: float) -> tuple[str, ...]:
        """The first candidate whose link has room, else the one with most; none: the source."""
        if not candidates:
            return ()
        roomy = [name for name in candidates if self._spare[name] >= needed]
        chosen = roomy[0] if roomy else max(candidates, key=lambda name: self._spare[name])
        self._spare[chosen] -= needed
        return (chosen,)


def _headed(feed: Feed, *, asking: bool) -> Feed:
    """A head's feed; what another chain's node holds whole keeps the two chains' paces apart."""
    manner = Manner.STORED if feed.feeders else feed.manner
    return replace(feed, manner=manner, pulls=feed.pulls or asking)
