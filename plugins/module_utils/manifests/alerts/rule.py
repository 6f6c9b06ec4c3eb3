# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An alert: when it fires, what that means for people, and what they do first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CRITICAL = "critical"
"""Clients get no answers, or soon none: somebody looks now."""

WARNING = "warning"
"""It works, worse than planned or not for long: somebody looks within the day."""


@dataclass(frozen=True)
class Rule:
    """An alerting rule of Prometheus.

    C(expression) is PromQL and must hold for C(seconds). C(summary) may have templates of
    Prometheus, C(impact) says what it does to people, C(steps) what to do in what order.
    """

    name: str
    severity: str
    expression: str
    seconds: int
    summary: str
    impact: str
    steps: tuple[str, ...]

    def document(self, runbooks: str) -> dict[str, Any]:
        """The rule as Prometheus reads it; C(runbooks) is the address of the page of runbooks."""
        first = " ".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": f"{self.seconds}s",
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": f"{self.impact} First: {first}",
                "runbook_url": f"{runbooks}#{self.name.lower()}",
            },
        }
