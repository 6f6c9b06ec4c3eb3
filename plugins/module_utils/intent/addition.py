# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which nodes are added to a cluster that runs, and which of its nodes feed them their weights."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# A few, so that no addition asks the whole cluster; the second feeds on when the first is lost.
FEEDERS = 2


@dataclass(frozen=True)
class Addition:
    """The hosts that are ``added``, the ``feeders`` beside them, and what is wrong, as lines."""

    added: tuple[str, ...]
    feeders: tuple[str, ...]
    faults: tuple[str, ...]


def plan_addition(
    asked: Sequence[str],
    *,
    workers: Sequence[str],
    serving: Collection[str],
    racks: Mapping[str, str],
    nodes: Sequence[Mapping[str, Any]],
) -> Addition:
    """Take the hosts that were ``asked`` for, else the workers that the cluster does not have.

    ``nodes`` are the cluster's Node objects. Feeders are ready nodes of the group ``serving``,
    those in a rack of an added host first, and then by name; hosts that serve nothing need none.
    ``racks`` maps hosts to racks, empty or absent where nobody said.
    """
    known = {node["metadata"]["name"] for node in nodes}
    added = tuple(asked or (host for host in workers if host not in known))
    faults = tuple(_faults(added, workers))
    near = {racks.get(host, "") for host in added} - {""}
    ready = {node["metadata"]["name"] for node in nodes if _is_ready(node)}
    candidates = sorted(
        (ready & {*serving}) - {*added}, key=lambda host: (racks.get(host, "") not in near, host)
    )
    feeders = tuple(candidates[:FEEDERS]) if {*serving} & {*added} else ()
    return Addition(added, feeders, faults)


def _faults(added: Sequence[str], workers: Sequence[str]) -> Iterator[str]:
    if not added:
        yield (
            "every host of the group workers is a node of the cluster: needed one that is not; "
            "add the new host to the inventory, or name one whose addition did not end, as "
            f'-e \'{{"site_added_nodes": ["{[*workers, "NODE"][0]}"]}}\''
        )
    for host in added:
        if host not in workers:
            yield (
                f"site_added_nodes: found {host}, needed a host of the group workers "
                f"({', '.join(workers) or 'which is empty'}); add it there, or correct the name"
            )


def _is_ready(node: Mapping[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
