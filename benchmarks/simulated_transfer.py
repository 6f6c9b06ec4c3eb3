"""A discrete simulation of a transfer: simulated links, relays and files, the planner's own plan.

A link passes chunks on in the order in which they come, one after another; a relay passes a chunk
on while it arrives; what a rack's head or a slow node gets from a neighbour is a whole file, asked
for once a second. Nothing here measures or waits: it is a heap of events, for which a simulation
framework would be more code than it saves.
"""

from __future__ import annotations

import heapq
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (  # noqa: E402
    RETRY_AFTER_SECONDS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (  # noqa: E402
    FanOut,
    Feed,
    Manner,
)

SOURCE = "source"
# Bytes of a model in a frame of Ethernet, IPv4 and TCP with timestamps: 1448 of 1514.
PAYLOAD = 1448 / 1514
# A file takes its turns on a link in this many chunks.
CHUNKS = 16


@dataclass(frozen=True)
class Costs:
    """What time passes without bytes.

    ``hop`` seconds for a file's request and first bytes on each hop, ``start`` seconds before a run
    asks for its first file, ``buffer`` bytes that a relay holds back of each file that passes.
    """

    hop: float
    start: float
    buffer: float


@dataclass(frozen=True)
class Site:
    """Links in bytes/s: each node's, the source's, and each rack's up-link; nodes' racks."""

    rates: Mapping[str, float]
    racks: Mapping[str, str]
    source: float
    uplink: float


@dataclass(frozen=True)
class Result:
    """Seconds until each node holds every file, and how often the source sent each file."""

    seconds: Mapping[str, float]
    copies: float


def simulate(
    plan: FanOut, site: Site, sizes: Sequence[float], parallel: int, costs: Costs
) -> Result:
    """Bring files of ``sizes`` bytes to every node of a plan, ``parallel`` at a time a puller."""
    run = _Run(plan, site, sizes, parallel, costs)
    for feed in plan.feeds:
        if feed.pulls:
            run.pull(feed)
    run.until_nothing_happens()
    seconds = {
        feed.node: max(run.held[feed.node, number] for number in range(len(sizes)))
        for feed in plan.feeds
    }
    return Result(seconds, run.sent / len(sizes))


@dataclass
class _Link:
    """One direction of a link: payload in bytes/s, and when it has passed on what came so far."""

    rate: float
    free: float = 0.0

    def take(self, begin: float, size: float) -> float:
        """When it begins to pass on what comes at ``begin``; it takes one chunk after another."""
        begin = max(begin, self.free)
        self.free = begin + size / self.rate
        return begin


@dataclass(frozen=True)
class _Pull:
    """A node that asks for files, from where they come to it, and those it has yet to ask for."""

    way: Sequence[str]
    waiting: Iterator[int]


@dataclass(frozen=True)
class _Chunk:
    pull: _Pull
    number: int
    size: float
    is_last: bool


@dataclass
class _Run:
    plan: FanOut
    site: Site
    sizes: Sequence[float]
    parallel: int
    costs: Costs
    # When a node holds a file whole.
    held: dict[tuple[str, int], float] = field(default_factory=dict)
    sent: int = 0
    _events: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _links: dict[tuple[str, str], _Link] = field(default_factory=dict)

    def pull(self, feed: Feed) -> None:
        """A node begins to ask for its files."""
        pull = _Pull(self._way(feed), iter(range(len(self.sizes))))
        for _slot in range(self.parallel):
            self._at(self.costs.start, partial(self._ask_next, pull))

    def until_nothing_happens(self) -> None:
        """Let happen what was arranged, in the order of time."""
        while self._events:
            now, _number, happen = heapq.heappop(self._events)
            happen(now)

    def _at(self, time: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), happen))

    def _way(self, feed: Feed) -> list[str]:
        """From where a node's files come: the source or a neighbour, then the chain before it."""
        way = [feed.node]
        while feed.feeders and feed.manner is Manner.PASSED_ON:
            feed = self.plan.feed(feed.feeders[0])
            way.append(feed.node)
        way.append(feed.feeders[0] if feed.feeders else SOURCE)
        return way[::-1]

    def _ask_next(self, pull: _Pull, now: float) -> None:
        for number in itertools.islice(pull.waiting, 1):
            self._ask(pull, number, now)

    def _ask(self, pull: _Pull, number: int, now: float) -> None:
        """A neighbour gives what it holds whole; until then it is asked again and again."""
        first = pull.way[0]
        if first != SOURCE and self.held.get((first, number), float("inf")) > now:
            self._at(now + RETRY_AFTER_SECONDS, partial(self._ask, pull, number))
            return
        self.sent += first == SOURCE
        held_back = self.parallel * self.costs.buffer
        delays = (self.costs.hop + held_back / self.site.rates[node] for node in pull.way[1:])
        self._at(now + sum(delays), partial(self._send, pull, number, CHUNKS))

    def _send(self, pull: _Pull, number: int, left: int, now: float) -> None:
        """Send a chunk; the next takes its turn when the first link is free again."""
        self._pass(_Chunk(pull, number, self.sizes[number] / CHUNKS, left == 1), 0, now, now)
        if left > 1:
            free = self._path(pull.way[0], pull.way[1])[0].free
            self._at(free, partial(self._send, pull, number, left - 1))

    def _pass(self, chunk: _Chunk, hop: int, whole: float, now: float) -> None:
        """A chunk goes one hop; its bytes come from ``now`` on and are all there at ``whole``."""
        before, node = chunk.pull.way[hop : hop + 2]
        for link in self._path(before, node):
            now = link.take(now, chunk.size)
            whole = max(whole, link.free)
        if chunk.is_last:
            self.held[node, chunk.number] = whole
        if node != chunk.pull.way[-1]:
            self._at(now, partial(self._pass, chunk, hop + 1, whole))
        elif chunk.is_last:
            self._at(whole, partial(self._ask_next, chunk.pull))

    def _path(self, before: str, node: str) -> list[_Link]:
        """The links between two hosts; up-links join the racks, the source is above them."""
        site = self.site
        racks = site.racks.get(before, ""), site.racks.get(node, "")
        path = [self._link(before, "up", site.rates.get(before, site.source))]
        if racks[0] != racks[1]:
            ways = zip(racks, ("up", "down"), strict=True)
            path += [self._link(f"rack {rack}", way, site.uplink) for rack, way in ways if rack]
        return [*path, self._link(node, "down", site.rates[node])]

    def _link(self, name: str, way: str, rate: float) -> _Link:
        return self._links.setdefault((name, way), _Link(rate * PAYLOAD))
