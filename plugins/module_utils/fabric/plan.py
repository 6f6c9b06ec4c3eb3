# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tests of a run and the steps in which they run, as plain data for plays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.hosts import (
    Host,
    parse_hosts,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.kinds import (
    PROGRAMS,
    RDMA_BANDWIDTH,
    RDMA_LATENCY,
    TCP_BANDWIDTH,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.schedule import (
    Pair,
    crosses,
    rounds,
)

PLANNED, FAILED, SKIPPED = "planned", "failed", "skipped"
NO_RAIL = -1


@dataclass(frozen=True)
class Test:
    """One measurement from C(client) to C(server).

    C(rail) counts from 0, -1 for TCP. C(gbps) is the rate of the slower link in Gb/s, 0.0 where
    nothing says it. C(crossing): between racks. C(state) is V(planned), or V(failed) or V(skipped)
    with the C(reason) why it need not run.
    """

    __test__ = False

    kind: str
    client: str
    server: str
    rail: int
    gbps: float
    crossing: bool
    state: str = PLANNED
    reason: str = ""

    @property
    def name(self) -> str:
        """A name that no other test of the plan has."""
        rail = "" if self.rail == NO_RAIL else f" rail {self.rail}"
        return f"{self.kind}{rail} {self.client} > {self.server}"


@dataclass(frozen=True)
class Request:
    """How much is tested, and how.

    C(rounds) as in schedule.rounds; C(at_once) is the most tests of one step, C(seconds),
    C(streams) and C(port) are as in kinds.Side.
    """

    rounds: int
    all_pairs: bool
    at_once: int
    seconds: int
    streams: int
    port: int


def make_plan(values: Sequence[Mapping[str, Any]], request: Request) -> dict[str, Any]:
    """C(tests) by name, C(steps) with the options of fabric_test for each host that takes part, and
    for each of the C(hosts) the C(kinds) of tests that it runs.

    In no step a host has two tests. Raises InputError with all faults of the hosts.
    """
    hosts = parse_hosts(values)
    if request.at_once < 1:
        raise InputError("forks", [f"found {request.at_once} tests at once, needed one at least"])
    by_name = {host.name: host for host in hosts}
    tests: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []
    for pairs in rounds(hosts, count=request.rounds, all_pairs=request.all_pairs):
        legs = [list(_tests(pair)) for pair in pairs]
        tests.update({test.name: asdict(test) for leg in legs for test in leg})
        for row in zip_longest(*([test for test in leg if test.state == PLANNED] for leg in legs)):
            step = [test for test in row if test is not None]
            for at in range(0, len(step), request.at_once):
                steps.append(_step(step[at : at + request.at_once], by_name, request))
    names = [host.name for host in hosts]
    kinds = {name: sorted({step[name]["kind"] for step in steps if name in step}) for name in names}
    return {"hosts": names, "tests": tests, "steps": steps, "kinds": kinds}


def _tests(pair: Pair) -> Iterator[Test]:
    """RDMA over all rails where both hosts have them and a program measures it, else TCP."""
    one, other = pair
    if not (one.rails and other.rails and RDMA_BANDWIDTH in PROGRAMS):
        known = one.tcp_gbps and other.tcp_gbps
        gbps = min(one.tcp_gbps, other.tcp_gbps) if known else 0.0
        yield _test(TCP_BANDWIDTH, pair, NO_RAIL, gbps)
        yield _test(TCP_BANDWIDTH, (other, one), NO_RAIL, gbps)
    for at in range(max(len(one.rails), len(other.rails))):
        yield from _rail_tests(pair, at)


def _rail_tests(pair: Pair, at: int) -> Iterator[Test]:
    one, other = pair
    lacking = [host.name for host in pair if at >= len(host.rails)]
    if lacking:
        yield _test(RDMA_BANDWIDTH, pair, at, 0.0, SKIPPED, f"{lacking[0]} has no rail {at}")
        return
    rails = (one.rails[at], other.rails[at])
    gbps = min(rail.gbps for rail in rails)
    defects = [f"{host.name}: {rail.defect}" for host, rail in zip(pair, rails) if rail.defect]
    if rails[0].link_layer != rails[1].link_layer:
        defects.append(f"{one.name} has {rails[0].link_layer}, {other.name} {rails[1].link_layer}")
    if defects:
        yield _test(RDMA_BANDWIDTH, pair, at, gbps, FAILED, "; ".join(defects))
        return
    yield _test(RDMA_BANDWIDTH, pair, at, gbps)
    yield _test(RDMA_BANDWIDTH, (other, one), at, gbps)
    yield _test(RDMA_LATENCY, pair, at, gbps)


def _test(
    kind: str, pair: Pair, rail: int, gbps: float, state: str = PLANNED, reason: str = ""
) -> Test:
    if state == PLANNED and kind not in PROGRAMS:
        state, reason = SKIPPED, "this version measures no RDMA"
    return Test(kind, pair[0].name, pair[1].name, rail, gbps, crosses(pair), state, reason)


def _step(
    tests: Sequence[Test], hosts: Mapping[str, Host], request: Request
) -> dict[str, dict[str, Any]]:
    sides = {}
    for test in tests:
        server = hosts[test.server]
        for name, side in ((test.server, "server"), (test.client, "client")):
            sides[name] = {
                "test": test.name,
                "kind": test.kind,
                "side": side,
                "address": server.address,
                "port": request.port,
                "seconds": request.seconds,
                "streams": request.streams,
            }
    return sides
