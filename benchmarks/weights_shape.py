"""The nodes that a transfer is measured or simulated with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (  # noqa: E402
    FanOutNode,
)


@dataclass(frozen=True)
class Shape:
    """So many nodes in racks of one size; the middle one has a ``slow`` share of the speed.

    The planner is told each node's rate only where it is ``known``.
    """

    nodes: int
    racks: int = 1
    slow: float = 1.0
    known: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes' names, in the order of a chain of equal nodes."""
        return tuple(f"n{place:02}" for place in range(1, self.nodes + 1))

    @property
    def slow_name(self) -> str:
        """The middle node."""
        return self.names[(self.nodes - 1) // 2]

    @property
    def racks_of(self) -> Mapping[str, str]:
        """Each node's rack; empty where there is only one."""
        if self.racks == 1:
            return dict.fromkeys(self.names, "")
        return {
            name: f"r{place * self.racks // self.nodes}" for place, name in enumerate(self.names)
        }

    def rates(self, rate: float) -> Mapping[str, float]:
        """Each node's rate in bytes/s, where most have ``rate``."""
        return {**dict.fromkeys(self.names, rate), self.slow_name: rate * self.slow}

    def told(self, rate: float) -> tuple[FanOutNode, ...]:
        """The nodes as the planner is told of them."""
        rates, racks = self.rates(rate), self.racks_of
        return tuple(
            FanOutNode(name, racks[name], rates[name] if self.known else None)
            for name in self.names
        )
