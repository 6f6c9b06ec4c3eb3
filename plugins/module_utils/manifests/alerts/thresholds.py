# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers that alerts compare with, each with its unit, its default and where that is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError

Number = Union[int, float]


@dataclass(frozen=True)
class Threshold:
    """A number over 0 that a site may set, up to C(most) where that is not 0."""

    default: Number
    unit: str
    source: str
    most: Number = 0

    def fault(self, value: object) -> str:
        """What is wrong with a value, or nothing."""
        highest = self.most or float("inf")
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
        if 0 < number <= highest:
            return ""
        upper = f" and at most {self.most}" if self.most else ""
        return f"found {value!r}, needed a number over 0{upper} ({self.unit})"


THRESHOLDS: Mapping[str, Threshold] = {
    "kv_cache_share": Threshold(0.85, "share of the KV cache", "the guide: memory over 85 %", 1),
    "kv_cache_seconds": Threshold(300, "seconds", "the guide: for 5 minutes"),
    "first_token_seconds": Threshold(0.5, "seconds, P99", "the guide: P99 over 500 ms"),
    "restarts_a_day": Threshold(3, "restarts of a rank in 24 hours", "the guide: over 3 a day"),
    "queue_seconds": Threshold(600, "seconds", "own choice: longer than a burst"),
    "stuck_seconds": Threshold(
        180, "seconds", "below 300 s, where the engine's own --watchdog-timeout ends it"
    ),
    "scrape_seconds": Threshold(300, "seconds", "own choice: twenty scrapes at 15 s"),
    "router_error_share": Threshold(
        0.05, "share of the router's answers", "smg's documentation alerts on 5 %", 1
    ),
    "scrub_age_seconds": Threshold(
        15 * 86400, "seconds", "two periods of the weekly scrub and a day"
    ),
}


def parse_thresholds(given: Mapping[str, Any]) -> dict[str, Number]:
    """All thresholds, a site's own before the defaults. Raises InputError with every fault."""
    faults = list(threshold_faults(given))
    if faults:
        raise InputError("thresholds of alerts", faults)
    return {name: given.get(name, each.default) for name, each in THRESHOLDS.items()}


def threshold_faults(given: Mapping[str, Any]) -> Iterator[str]:
    """Faults of what a site sets: unknown names, and values that no alert can compare with."""
    for name, value in given.items():
        if name not in THRESHOLDS:
            yield f"{name}: is no threshold, needed one of {', '.join(THRESHOLDS)}"
        elif fault := THRESHOLDS[name].fault(value):
            yield f"{name}: {fault}"
