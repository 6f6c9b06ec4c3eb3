# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the programs of the tests print, to one figure or the reason why there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.kinds import (
    RDMA_BANDWIDTH,
    RDMA_LATENCY,
    TCP_BANDWIDTH,
)

# A client's word for a server that does not listen (yet): iperf3's, then perftest's.
NOT_LISTENING = ("Connection refused", "Couldn't connect to")
# Column of the figure in a row of perftest, and what its head calls it.
COLUMNS = {
    RDMA_BANDWIDTH: (3, "BW average[Gb/sec]"),
    RDMA_LATENCY: (4, "t_typical[usec]"),
}
DIGITS = 6


@dataclass(frozen=True)
class Reading:
    """C(value) in the unit of the kind, None with a C(reason). C(retry): nobody listened yet."""

    value: Optional[float]
    reason: str = ""
    retry: bool = False


def read_client(kind: str, printed: str, errors: str) -> Reading:
    """The figure in what the client's program printed on its two streams."""
    value, said = _iperf3(printed) if kind == TCP_BANDWIDTH else _perftest(kind, printed)
    if value is not None:
        return Reading(round(value, DIGITS))
    reason = said or last_line(errors) or last_line(printed) or "the program printed nothing"
    return Reading(None, reason, any(word in printed + errors for word in NOT_LISTENING))


def last_line(text: str) -> str:
    """The last line of a text that is not empty, in which programs say why they end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _iperf3(printed: str) -> tuple[Optional[float], str]:
    """Gb/s that arrived at the server. iperf3 ends with 0 and an C(error) where it failed."""
    try:
        report: Any = json.loads(printed)
        error = report.get("error", "")
        if error:
            return None, str(error)
        return float(report["end"]["sum_received"]["bits_per_second"]) / 1e9, ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, ""


def _perftest(kind: str, printed: str) -> tuple[Optional[float], str]:
    """The figure of the only row below the head."""
    column, name = COLUMNS[kind]
    lines = printed.splitlines()
    heads = [at for at, line in enumerate(lines) if name in line]
    rows = [line.split() for line in lines[heads[0] + 1 :]] if heads else []
    for row in rows:
        if len(row) > column and row[0].isdigit():
            return float(row[column]), ""
    return None, ""
