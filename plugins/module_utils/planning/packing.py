# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts form a group: whole groups inside one rack first, the others over few racks.

Hosts are numbers in inventory order. C(slots) says how many groups a host can be part of; a group
takes each of its hosts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    groups_that_fit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rack_room import (
    Rack,
    Room,
)

Better = Callable[[list[int], Sequence[int]], list[int]]


@dataclass(frozen=True)
class GroupShape:
    """Number of groups, hosts of each, and hosts of one pipeline stage, a divisor of C(size)."""

    groups: int
    size: int
    stage: int


def most_groups(slots: Iterable[int], size: int) -> int:
    """How many groups of C(size) different hosts fit hosts with so many slots each."""
    return groups_that_fit(Counter(slots).items(), 1, size)


def deal(hosts: Sequence[int], slots: Mapping[int, int], groups: int, size: int) -> list[list[int]]:
    """Deal C(groups) groups of C(size) different hosts, neighbours together where possible.

    C(groups) is at most C(most_groups) of these hosts.
    """
    if all(slots[host] == 1 for host in hosts):
        return [list(hosts[at * size : (at + 1) * size]) for at in range(groups)]
    places = [host for host in hosts for _slot in range(min(slots[host], groups))]
    return [places[at::groups][:size] for at in range(groups)]


def pack(
    racks: Sequence[Rack], slots: Mapping[int, int], shape: GroupShape, better: Better
) -> list[list[int]]:
    """Hosts of each group in rank order.

    As many groups as fit are placed whole. C(better) improves groups whose pipeline stages are
    cut; it gets the group's hosts and all hosts that are free. C(shape.groups) is at most
    C(most_groups) of all hosts.
    """
    free = dict(slots)
    placed = _whole_groups(racks, free, shape)
    room = Room(racks, free, shape.stage) if len(placed) < shape.groups else None
    while room and len(placed) < shape.groups:
        members, cut = room.group(shape.size // shape.stage)
        if len(members) < shape.size:
            return _without_racks(racks, slots, shape)
        if cut:
            members = better(members, [host for host, count in free.items() if count])
        room.take(members)
        placed.append(members)
    return placed


def _whole_groups(
    racks: Sequence[Rack], free: dict[int, int], shape: GroupShape
) -> list[list[int]]:
    """Groups inside one rack each, from the racks that hold most: few racks are touched."""
    room = {rack: most_groups([free[host] for host in rack.hosts], shape.size) for rack in racks}
    placed: list[list[int]] = []
    for rack in sorted(racks, key=lambda rack: (-room[rack], rack.name)):
        count = min(room[rack], shape.groups - len(placed))
        for members in deal(rack.hosts, free, count, shape.size) if count else ():
            placed.append(members)
            for host in members:
                free[host] -= 1
    return placed


def _without_racks(
    racks: Sequence[Rack], slots: Mapping[int, int], shape: GroupShape
) -> list[list[int]]:
    """Groups over all hosts at once, where taking racks one by one met a dead end."""
    hosts = [host for rack in racks for host in rack.hosts]
    return deal(hosts, slots, shape.groups, shape.size)
