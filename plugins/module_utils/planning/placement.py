# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which host takes which rank of which group, so that little is sent between racks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.packing import (
    GroupShape,
    most_groups,
    pack,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rack_room import Rack
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refine import refine
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.traffic import (
    Link,
    crossing_bytes,
    group_traffic,
)


@dataclass(frozen=True)
class PlacedRank:
    """One rank of a group: its host, the indexes of its GPUs there, and why it is there."""

    rank: int
    host: str
    gpus: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class Placement:
    """Groups of ranks in rank order, and the hosts that no group takes.

    C(cross_rack_bytes) is what one token sends between racks, as the mean over the groups, rounded
    up; C(inventory_order_bytes) the same if groups took the hosts in inventory order. Without any
    racks both are 0.
    """

    groups: tuple[tuple[PlacedRank, ...], ...]
    spares: tuple[str, ...]
    cross_rack_bytes: int
    inventory_order_bytes: int

    @property
    def saved_percent(self) -> float:
        """How much less crosses racks than in inventory order, in percent; 0 if nothing did."""
        before = self.inventory_order_bytes
        return 100.0 * (before - self.cross_rack_bytes) / before if before else 0.0


class NoPlaceError(InputError):
    """The groups do not fit the hosts; C(place_fault) says by how much."""

    def __init__(self, fault: Fault) -> None:
        super().__init__("placement", [fault.line()])
        self.place_fault = fault


def place(candidate: Candidate, nodes: Sequence[Node], model: ModelSpec) -> Placement:
    """Place all groups of a layout.

    C(nodes) are in inventory order and have one GPU model; hosts with fewer GPUs than the layout
    takes on one are spares. As many groups as fit are kept inside one rack each; where a host is
    part of several groups, fewer may be, if all groups fit no other way. A group that no rack
    holds is cut between pipeline stages where its racks have room for whole stages.
    The result is never worse than inventory order, and the same for the same input.
    Raises C(NoPlaceError) when the hosts are too few.
    """
    slots = {at: count for at, count in enumerate(_slots(candidate, nodes)) if count}
    _check_room(candidate, slots)
    traffic = group_traffic(candidate, model)
    shape = GroupShape(candidate.groups, candidate.hosts, _stage_hosts(candidate))
    names = {at: nodes[at].rack for at in slots}
    packed = pack(
        _racks(nodes, slots),
        slots,
        shape,
        lambda members, free: refine(members, free, names, traffic, shape.stage),
    )
    listed = pack([Rack("", tuple(slots))], slots, shape, lambda members, _free: members)
    ours, theirs = (_mean_bytes(traffic, groups, nodes) for groups in (packed, listed))
    best = packed if ours <= theirs else listed
    taken = {host for group in best for host in group}
    return Placement(
        groups=_with_gpus(candidate, best, nodes),
        spares=tuple(node.name for at, node in enumerate(nodes) if at not in taken),
        cross_rack_bytes=math.ceil(min(ours, theirs)),
        inventory_order_bytes=math.ceil(theirs),
    )


def _slots(candidate: Candidate, nodes: Sequence[Node]) -> list[int]:
    """Groups that each host can be part of; without any GPU each host takes one rank."""
    if any(node.gpus for node in nodes):
        return [len(node.gpus) // candidate.gpus_per_host for node in nodes]
    return [1] * len(nodes)


def _check_room(candidate: Candidate, slots: Mapping[int, int]) -> None:
    room = most_groups(slots.values(), candidate.hosts)
    if room < candidate.groups:
        raise NoPlaceError(
            Fault(
                code="fewer_hosts_than_ranks",
                where="group serving",
                found=f"{len(slots)} hosts with {candidate.gpus_per_host} GPUs or more: room for "
                f"{room} groups of {candidate.hosts} hosts",
                needed=f"{candidate.groups} groups of {candidate.hosts} hosts with "
                f"{candidate.gpus_per_host} GPUs each",
                fix="add hosts to the group serving, or choose a smaller layout",
            )
        )


def _stage_hosts(candidate: Candidate) -> int:
    """Hosts of one pipeline stage, 1 where a host holds one stage or several."""
    whole = candidate.tensor_parallel % candidate.gpus_per_host == 0
    return candidate.tensor_parallel // candidate.gpus_per_host if whole else 1


def _racks(nodes: Sequence[Node], slots: Mapping[int, int]) -> list[Rack]:
    """Racks in the order of their names; hosts of one leaf switch stand together."""
    members: dict[str, list[int]] = {}
    for at in slots:
        members.setdefault(nodes[at].rack, []).append(at)
    return [
        Rack(name, tuple(sorted(members[name], key=lambda at: (nodes[at].leaf_switch, at))))
        for name in sorted(members)
    ]


def _mean_bytes(
    traffic: Mapping[Link, Fraction], groups: Sequence[Sequence[int]], nodes: Sequence[Node]
) -> Fraction:
    total = sum(
        (crossing_bytes(traffic, [nodes[at].rack for at in group]) for group in groups),
        Fraction(0),
    )
    return total / len(groups)


def _with_gpus(
    candidate: Candidate, groups: Sequence[Sequence[int]], nodes: Sequence[Node]
) -> tuple[tuple[PlacedRank, ...], ...]:
    """Give each rank the next free GPUs of its host; neighbours in NUMA order stay together."""
    used: dict[int, int] = {}
    placed = []
    for group in groups:
        ranks = []
        for rank, at in enumerate(group):
            gpus = sorted(nodes[at].gpus, key=lambda gpu: (gpu.numa_node, gpu.index))
            start = used.get(at, 0)
            used[at] = start + candidate.gpus_per_host
            indexes = sorted(gpu.index for gpu in gpus[start : start + candidate.gpus_per_host])
            reason = _reason(candidate, rank, [nodes[host] for host in group])
            ranks.append(PlacedRank(rank, nodes[at].name, tuple(indexes), reason))
        placed.append(tuple(ranks))
    return tuple(placed)


def _reason(candidate: Candidate, rank: int, hosts: Sequence[Node]) -> str:
    """What the rank computes and with whom it shares its rack."""
    first = rank * candidate.gpus_per_host
    last = min(first + candidate.gpus_per_host, candidate.gpus) - 1
    width = candidate.tensor_parallel
    stages = _span("stage", first // width, last // width)
    one_stage = first // width == last // width
    tensor = _span("tensor rank", first % width, last % width) if one_stage else "all tensor ranks"
    rack = hosts[rank].rack
    beside = [at for at, node in enumerate(hosts) if node.rack == rack]
    if not rack:
        return f"pipeline {stages}, {tensor}; no rack is known"
    if len(beside) == len(hosts):
        return f"pipeline {stages}, {tensor}; the whole group is in rack {rack}"
    names = ", ".join(str(at) for at in beside)
    return f"pipeline {stages}, {tensor}; rack {rack} holds ranks {names} of the group"


def _span(noun: str, first: int, last: int) -> str:
    return f"{noun} {first}" if first == last else f"{noun}s {first} to {last}"
