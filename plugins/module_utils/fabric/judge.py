# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One verdict per test: what came back against the limit of its link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.kinds import KINDS
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.limits import Limits
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.outliers import outliers
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.plan import PLANNED, Test

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
MEASURED = "measured"


@dataclass(frozen=True)
class Judged:
    """A test with its C(status). C(value) and C(limit) are in the unit of the kind, C(value) None
    where nothing was measured, C(limit) 0.0 where there is none. C(peers) is the median of its
    peers where the value stands out from them, else None."""

    test: Test
    status: str
    reason: str
    value: Optional[float]
    limit: float
    peers: Optional[float] = None

    @property
    def unit(self) -> str:
        """Unit of value and limit."""
        return KINDS[self.test.kind].unit

    @property
    def hosts(self) -> frozenset[str]:
        """The two hosts."""
        return frozenset((self.test.client, self.test.server))

    @property
    def link(self) -> tuple[str, int]:
        """Kind and rail: tests of one link of a host are judged together."""
        return self.test.kind, self.test.rail


def judge_tests(
    tests: Sequence[Test], results: Sequence[Mapping[str, Any]], limits: Limits
) -> tuple[Judged, ...]:
    """All tests of a plan. A test without a result failed: it was planned and did not happen.

    C(results) are what module fabric_test returned on both sides, each with the name of its test.
    """
    by_side = {(result["test"], result["side"]): result for result in results}
    judged = [
        _judge(
            test,
            by_side.get((test.name, "client")),
            by_side.get((test.name, "server")),
            limits.of(test.kind, test.gbps, crossing=test.crossing),
        )
        for test in tests
    ]
    return tuple(_named_outliers(judged, limits.outlier_percent))


def _judge(
    test: Test,
    client: Optional[Mapping[str, Any]],
    server: Optional[Mapping[str, Any]],
    limit: float,
) -> Judged:
    if test.state != PLANNED:
        return Judged(test, test.state, test.reason, None, limit)
    if client is None:
        return Judged(test, FAILED, f"{test.client} brought no result back", None, limit)
    sides = [(test.client, client)] + ([(test.server, server)] if server is not None else [])
    skipped = [f"{name}: {side['reason']}" for name, side in sides if side["outcome"] == SKIPPED]
    if skipped:
        return Judged(test, SKIPPED, "; ".join(skipped), None, limit)
    if client["outcome"] != MEASURED:
        said = [f"{name}: {side['reason']}" for name, side in sides if side["reason"]]
        return Judged(test, FAILED, "; ".join(said), None, limit)
    return _against_limit(test, float(client["value"]), limit)


def _against_limit(test: Test, value: float, limit: float) -> Judged:
    kind = KINDS[test.kind]
    if not limit:
        reason = "nothing says the rate of the link; set tcp_gbps in site_hardware"
        return Judged(test, SKIPPED, reason, value, limit)
    good = value <= limit if kind.less_is_better else value >= limit
    if good:
        return Judged(test, PASSED, "", value, limit)
    needed = "at most" if kind.less_is_better else "at least"
    reason = f"{figure(value)} {kind.unit}, needed {needed} {figure(limit)}"
    return Judged(test, FAILED, reason, value, limit)


def _named_outliers(judged: Sequence[Judged], percent: float) -> Iterator[Judged]:
    """Peers have the same kind and rate, and all cross racks or none does."""
    medians: dict[str, float] = {}
    for peers in {_peers(entry.test) for entry in judged}:
        values = {
            entry.test.name: entry.value
            for entry in judged
            if _peers(entry.test) == peers and entry.value is not None
        }
        better = KINDS[peers[0]].less_is_better
        medians.update(outliers(values, percent=percent, less_is_better=better))
    for entry in judged:
        yield replace(entry, peers=medians.get(entry.test.name))


def _peers(test: Test) -> tuple[str, float, bool]:
    return test.kind, test.gbps, test.crossing


def figure(value: float) -> str:
    """Three digits that matter, without an exponent."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
