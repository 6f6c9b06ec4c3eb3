# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the programs of the tests print, to one figure or the reason why there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

# A client's word for a server that does not listen (yet).
NOT_LISTENING = "Connection refused"
DIGITS = 6


@dataclass(frozen=True)
class Reading:
    """C(value) in the unit of the kind, None with a C(reason). C(retry): nobody listened yet."""

    value: Optional[float]
    reason: str = ""
    retry: bool = False


def read_client(printed: str, errors: str) -> Reading:
    """The figure in what iperf3 printed on its two streams as client."""
    value, said = _iperf3(printed)
    if value is not None:
        return Reading(round(value, DIGITS))
    reason = said or last_line(errors) or last_line(printed) or "the program printed nothing"
    return Reading(None, reason, NOT_LISTENING in printed + errors)


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
