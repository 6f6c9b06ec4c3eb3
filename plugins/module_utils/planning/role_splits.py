# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ways to split hosts, or the GPUs of one host, between prefill and decode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import PREFILL

# Splits that are looked at. Of more hosts than this, one more or less changes the balance little.
SPLITS = 16


@dataclass(frozen=True)
class Split:
    """The hosts of each role. One host may stand in both, with different GPUs."""

    prefill: tuple[Node, ...]
    decode: tuple[Node, ...]

    def nodes(self, role: str) -> tuple[Node, ...]:
        """The hosts of a role."""
        return self.prefill if role == PREFILL else self.decode


def splits_of(nodes: Sequence[Node]) -> Iterator[Split]:
    """The first hosts to prefill and the rest to decode, in order of GPU model, rack and name.

    So racks stay whole as far as they can. Where there are several GPU models the last hosts are
    given to prefill as well, so that each model is tried in each role.
    """
    if len(nodes) == 1:
        yield from _splits_of_host(nodes[0])
        return
    hosts = tuple(sorted(nodes, key=lambda node: (_model(node), node.rack, node.name)))
    for count in _sizes(len(hosts)):
        yield Split(hosts[:count], hosts[count:])
    if len({_model(node) for node in hosts}) > 1:
        for count in _sizes(len(hosts)):
            yield Split(hosts[count:], hosts[:count])


def _splits_of_host(node: Node) -> Iterator[Split]:
    for count in _sizes(len(node.gpus)):
        first, rest = node.gpus[:count], node.gpus[count:]
        yield Split((replace(node, gpus=first),), (replace(node, gpus=rest),))


def _sizes(total: int) -> list[int]:
    parts = min(total, SPLITS)
    return [total * part // parts for part in range(1, parts)]


def _model(node: Node) -> str:
    return node.gpus[0].model
