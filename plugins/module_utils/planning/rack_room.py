# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Racks with free hosts, and groups over several of them."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rack:
    """A rack's hosts in the order in which ranks take them."""

    name: str
    hosts: tuple[int, ...]


class Room:
    """The free hosts of racks, none of which holds a whole group.

    C(free) says of how many more groups each host can be part; C(stage) counts the hosts of a
    pipeline stage. Racks are kept by their number of whole stages, so that a group is found
    without a look at each rack.
    """

    def __init__(self, racks: Sequence[Rack], free: dict[int, int], stage: int) -> None:
        self._free = free
        self._stage = stage
        self._rack_of = {host: rack.name for rack in racks for host in rack.hosts}
        self._hosts: dict[str, list[int]] = {}
        self._by_stages: dict[int, list[str]] = defaultdict(list)
        for rack in racks:
            self._hosts[rack.name] = self._open(rack.hosts)
            self._file(rack.name)

    def group(self, stages: int) -> tuple[list[int], bool]:
        """Hosts of one group in rank order, and whether a stage of it is cut.

        Whole stages come first, from the racks with most of them: each gives one unbroken run, so
        that few racks are used and cuts lie between stages. The last rack is the smallest that
        holds the rest. Only where no rack has a whole stage left, the rest is taken from what
        remains of each. Fewer hosts than asked for: the racks hold no more.
        """
        runs: dict[str, int] = {}
        left = stages
        while left:
            name = self._choose(left, runs)
            if not name:
                break
            runs[name] = min(len(self._hosts[name]) // self._stage, left)
            left -= runs[name]
        members = [
            host
            for name, count in runs.items()
            for host in self._hosts[name][: count * self._stage]
        ]
        return members + self._remains(runs, left * self._stage), bool(left)

    def take(self, members: Sequence[int]) -> None:
        """Count the hosts of a group as taken once."""
        for name in sorted({self._rack_of[host] for host in members}):
            self._by_stages[len(self._hosts[name]) // self._stage].remove(name)
            self._hosts[name] = self._open(
                self._hosts[name], taken=[host for host in members if self._rack_of[host] == name]
            )
            self._file(name)

    def _choose(self, left: int, runs: dict[str, int]) -> str:
        """The smallest rack with C(left) whole stages, else the largest; none if all are used."""
        counts = sorted(count for count, names in self._by_stages.items() if count and names)
        enough = [count for count in counts if count >= left]
        for count in [*enough, *reversed(counts)]:
            unused = next((name for name in self._by_stages[count] if name not in runs), "")
            if unused:
                return unused
        return ""

    def _remains(self, runs: dict[str, int], missing: int) -> list[int]:
        """Hosts beside the whole stages, from the racks with most of them."""
        if not missing:
            return []
        rests = {
            name: hosts[runs.get(name, 0) * self._stage :] for name, hosts in self._hosts.items()
        }
        order = sorted(rests, key=lambda name: (-len(rests[name]), name))
        return [host for name in order for host in rests[name]][:missing]

    def _open(self, hosts: Sequence[int], taken: Sequence[int] = ()) -> list[int]:
        """Those of the hosts that can be part of one more group, those of most groups first."""
        for host in taken:
            self._free[host] -= 1
        return sorted((host for host in hosts if self._free[host]), key=lambda h: -self._free[h])

    def _file(self, name: str) -> None:
        insort(self._by_stages[len(self._hosts[name]) // self._stage], name)
