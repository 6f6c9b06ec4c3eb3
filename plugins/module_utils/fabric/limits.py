# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a link must reach: limits as data, each with its source, and what a person overrides.

Of RDMA, oracle-quickstart/oci-hpc (roles/healthchecks, 2026-05) refuses hosts below 96 of 100,
192 of 200, 384 of 400 Gb/s, and 375 of 400 on B300, and at 5 us of latency or more. The framing of
RoCE v2 leaves 98.0 % of the wire at an RDMA MTU of 4096, 96.2 % at 2048 and 92.6 % at 1024 (82
bytes a packet, computed), so that a wrong MTU is found as well. For 25 Gb/s nobody publishes a
limit; 94 % is computed in the same way.

Of TCP no limit is published. Ethernet leaves 94.1 % at an MTU of 1500 (1448 of 1538 bytes) and
99.0 % at 9000. Up to 25 Gb/s one CPU fills that, so 85 % leaves room for a host that does other
things; above that the rate hangs on the host's CPUs, so 60 % only tells a link that came up slower.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.kinds import (
    RDMA_BANDWIDTH,
    RDMA_LATENCY,
    TCP_BANDWIDTH,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import (
    Fault,
    ordered,
    rename_fix,
)

# Kind -> rows of (rate in Gb/s up to which it holds, percent of the rate).
PERCENT = {
    TCP_BANDWIDTH: ((25.0, 85.0), (float("inf"), 60.0)),
    RDMA_BANDWIDTH: ((25.0, 94.0), (float("inf"), 96.0)),
}
LATENCY_USEC = 5.0
OUTLIER_PERCENT = 15.0


@dataclass(frozen=True)
class Limits:
    """What a site says about limits; 0.0 takes the rows above.

    C(tcp_percent) and C(rdma_percent) are of the link's rate, C(rack_crossing_percent) is of the
    limit where a test crosses racks, for fabrics whose up-links are fewer than their hosts.
    C(latency_usec) is in microseconds. C(outlier_percent): how far from the median of its peers a
    result is named.
    """

    tcp_percent: float = 0.0
    rdma_percent: float = 0.0
    rack_crossing_percent: float = 100.0
    latency_usec: float = LATENCY_USEC
    outlier_percent: float = OUTLIER_PERCENT

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Limits:
        """The limits of the argument C(fabric_gate_limits). Raises InputError with all faults."""
        known = {field.name: field.default for field in fields(cls)}
        faults = [fault.line() for fault in ordered(_faults(values, list(known)))]
        if faults:
            raise InputError("fabric_gate_limits", faults)
        return cls(**{name: float(value) for name, value in values.items()})

    def of(self, kind: str, gbps: float, *, crossing: bool) -> float:
        """The limit of a test in its own unit; 0.0 where the rate is not known (C(gbps) 0.0).

        C(gbps) is the rate of the slower of the two links in Gb/s.
        """
        if kind == RDMA_LATENCY:
            return self.latency_usec
        own = {TCP_BANDWIDTH: self.tcp_percent, RDMA_BANDWIDTH: self.rdma_percent}[kind]
        percent = own or next(row for upto, row in PERCENT[kind] if gbps <= upto)
        share = self.rack_crossing_percent / 100 if crossing else 1.0
        return round(gbps * percent / 100 * share, 3)


def _faults(values: Mapping[str, Any], known: list[str]) -> list[Fault]:
    faults = [
        Fault(
            code="limit_unknown",
            where=name,
            found="a name that is no limit",
            needed="one of the limits",
            fix=rename_fix(name, known),
        )
        for name in values
        if name not in known
    ]
    return faults + [
        Fault(
            code="limit_out_of_range",
            where=name,
            found=str(values[name]),
            needed="0 or more, of percents 100 at most",
            fix="correct site_fabric_limits",
        )
        for name in known
        if name in values and not _fits(name, values[name])
    ]


def _fits(name: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value <= (100 if name.endswith("_percent") else float("inf"))
