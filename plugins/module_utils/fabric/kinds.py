# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of tests: which program runs on both sides, with which arguments, and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

TCP_BANDWIDTH = "tcp_bandwidth"
RDMA_BANDWIDTH = "rdma_bandwidth"
RDMA_LATENCY = "rdma_latency"
GBPS = "Gb/s"
USEC = "us"
# Bytes of one message of ib_send_lat and how many it sends: perftest's own defaults.
LATENCY_BYTES = 2
LATENCY_MESSAGES = 1000
# iperf3 leaves the first second out, in which TCP is still finding the rate.
OMITTED_SECONDS = 1
# Without it a host that does not answer costs the time of all SYNs, two minutes.
CONNECT_MILLISECONDS = 3000


@dataclass(frozen=True)
class Side:
    """One side of a test. C(address) and C(port) are where the server listens.

    C(device), C(device_port) and C(gid_index) are this side's own, C(gid_index) -1 for none.
    C(seconds) is how long a bandwidth is measured, C(streams) the TCP connections at once,
    C(message_bytes) the size of an RDMA write.
    """

    kind: str
    is_server: bool
    address: str
    port: int
    device: str
    device_port: int
    gid_index: int
    seconds: int
    streams: int
    message_bytes: int


@dataclass(frozen=True)
class Kind:
    """C(less_is_better) of a latency."""

    program: str
    unit: str
    less_is_better: bool
    arguments: Callable[[Side], list[str]]


def command(side: Side) -> list[str]:
    """The command line of one side."""
    kind = KINDS[side.kind]
    return [kind.program, *kind.arguments(side)]


def _iperf3(side: Side) -> list[str]:
    place = ["--port", str(side.port)]
    if side.is_server:
        return ["--server", "--one-off", "--bind", side.address, *place]
    length = ["--time", str(side.seconds), "--omit", str(OMITTED_SECONDS)]
    connect = ["--connect-timeout", str(CONNECT_MILLISECONDS)]
    how = [*connect, "--parallel", str(side.streams), "--json"]
    return ["--client", side.address, *place, *length, *how]


def _write_bw(side: Side) -> list[str]:
    size = ["--size", str(side.message_bytes), "--duration", str(side.seconds)]
    return [*_perftest(side), *size, "--report_gbits", *_to(side)]


def _send_lat(side: Side) -> list[str]:
    # For a duration perftest reports no median, only the mean.
    count = ["--size", str(LATENCY_BYTES), "--iters", str(LATENCY_MESSAGES)]
    return [*_perftest(side), *count, *_to(side)]


def _perftest(side: Side) -> list[str]:
    gid = ["--gid-index", str(side.gid_index)] if side.gid_index >= 0 else []
    device = ["--ib-dev", side.device, "--ib-port", str(side.device_port), *gid]
    # CPU frequency scaling is no reason to refuse.
    return [*device, "--port", str(side.port), "--CPU-freq"]


def _to(side: Side) -> list[str]:
    return [] if side.is_server else [side.address]


KINDS: Mapping[str, Kind] = {
    TCP_BANDWIDTH: Kind("iperf3", GBPS, False, _iperf3),
    RDMA_BANDWIDTH: Kind("ib_write_bw", GBPS, False, _write_bw),
    RDMA_LATENCY: Kind("ib_send_lat", USEC, True, _send_lat),
}
