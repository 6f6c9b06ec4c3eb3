# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of tests with their units, and the programs that run on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

TCP_BANDWIDTH = "tcp_bandwidth"
RDMA_BANDWIDTH = "rdma_bandwidth"
RDMA_LATENCY = "rdma_latency"
GBPS = "Gb/s"
USEC = "us"
# iperf3 leaves the first second out, in which TCP is still finding the rate.
OMITTED_SECONDS = 1
# Without it a host that does not answer costs the time of all SYNs, two minutes.
CONNECT_MILLISECONDS = 3000


@dataclass(frozen=True)
class Side:
    """One side of a test. C(address) and C(port) are where the server listens.

    C(seconds) is how long a bandwidth is measured, C(streams) the TCP connections at once.
    """

    kind: str
    is_server: bool
    address: str
    port: int
    seconds: int
    streams: int


@dataclass(frozen=True)
class Kind:
    """C(less_is_better) of a latency."""

    unit: str
    less_is_better: bool


def command(side: Side) -> list[str]:
    """The command line of one side, of a kind in PROGRAMS."""
    return PROGRAMS[side.kind](side)


def _iperf3(side: Side) -> list[str]:
    place = ["--port", str(side.port)]
    if side.is_server:
        return ["iperf3", "--server", "--one-off", "--bind", side.address, *place]
    length = ["--time", str(side.seconds), "--omit", str(OMITTED_SECONDS)]
    connect = ["--connect-timeout", str(CONNECT_MILLISECONDS)]
    how = [*connect, "--parallel", str(side.streams), "--json"]
    return ["iperf3", "--client", side.address, *place, *length, *how]


KINDS: Mapping[str, Kind] = {
    TCP_BANDWIDTH: Kind(GBPS, False),
    RDMA_BANDWIDTH: Kind(GBPS, False),
    RDMA_LATENCY: Kind(USEC, True),
}
# A kind without a program is planned and skipped: it is never passed.
PROGRAMS: Mapping[str, Callable[[Side], list[str]]] = {TCP_BANDWIDTH: _iperf3}
