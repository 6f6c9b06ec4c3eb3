# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a transfer to many nodes went: each node's figures and what the source sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

GIB = 1024**3


@dataclass(frozen=True)
class NodeRuns:
    """What a node's runs together say.

    ``received`` are bytes by the address and port they came from, ``mismatches`` files with wrong
    bytes (name, URL), ``link_bytes_per_second`` the link's rate where it is known.
    """

    name: str
    fetched_bytes: int
    seconds: float
    retries: int
    received: Mapping[str, int]
    mismatches: tuple[tuple[str, str], ...]
    link_bytes_per_second: Optional[float] = None

    @property
    def ratio(self) -> Optional[float]:
        """Seconds over those that the link alone would take; None where nothing says them."""
        if not self.link_bytes_per_second or not self.fetched_bytes:
            return None
        return self.seconds * self.link_bytes_per_second / self.fetched_bytes


def transfer_report(
    runs: Sequence[NodeRuns], *, order: Sequence[str], names: Mapping[str, str]
) -> dict[str, Any]:
    """The report as plain values. ``order`` is that of the chain, head first; ``names`` says who is
    behind the address and port of a feeder, the source is any other.

    ``source_bytes`` are what the source sent and ``model_bytes`` what a node fetched at most;
    ``nodes`` have ``host``, ``fetched_bytes``, ``seconds``, ``wire_ratio`` (0.0 where the link's
    rate is unknown), ``retries`` and ``feeders``; ``wrong`` has a line for each file that came with
    wrong bytes, and ``lines`` is all of it for people.
    """
    nodes = [_node(each, names) for each in runs]
    sent = _source_bytes(runs, names)
    total = max((each.fetched_bytes for each in runs), default=0)
    wrong = list(_first_bad_hops(runs, order))
    lines = [_node_line(node) for node in nodes]
    if total:
        lines.append(f"source: sent {sent / GIB:.2f} GiB, {sent / total:.2f} times the model")
    return {
        "source_bytes": sent,
        "model_bytes": total,
        "nodes": nodes,
        "wrong": wrong,
        "lines": lines + wrong,
    }


def _node(run: NodeRuns, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "host": run.name,
        "fetched_bytes": run.fetched_bytes,
        "seconds": run.seconds,
        "wire_ratio": run.ratio or 0.0,
        "retries": run.retries,
        "feeders": sorted({names.get(feeder, "the source") for feeder in run.received}),
    }


def _node_line(node: Mapping[str, Any]) -> str:
    rate = node["fetched_bytes"] / node["seconds"] if node["seconds"] else 0.0
    parts = [
        f"{node['fetched_bytes'] / GIB:.2f} GiB in {node['seconds']:.1f} s",
        f"{rate / GIB:.3f} GiB/s",
    ]
    if node["wire_ratio"]:
        parts.append(f"{node['wire_ratio']:.2f} of the wire's time")
    parts.append(f"{node['retries']} retries")
    if node["feeders"]:
        parts.append(f"from {', '.join(node['feeders'])}")
    return f"{node['host']}: {', '.join(parts)}"


def _source_bytes(runs: Sequence[NodeRuns], names: Mapping[str, str]) -> int:
    return sum(
        count for run in runs for feeder, count in run.received.items() if feeder not in names
    )


def _first_bad_hops(runs: Sequence[NodeRuns], order: Sequence[str]) -> Iterator[str]:
    """For each file that was wrong somewhere, the first node of the chain that got it so."""
    places = {name: place for place, name in enumerate(order)}
    first: dict[str, tuple[int, str, str]] = {}
    for run in runs:
        for file, url in run.mismatches:
            found = (places.get(run.name, len(order)), run.name, url)
            first[file] = min(first.get(file, found), found)
    for file, (_place, node, url) in sorted(first.items()):
        yield f"{file}: wrong bytes first at {node}, which had them from {url}"
