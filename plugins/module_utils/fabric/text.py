# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a run as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.judge import PASSED, figure
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.text_table import (
    section,
    table,
)

HOSTS = ("HOST", "VERDICT", "PASSED", "FAILED", "SKIPPED", "WHY")
TESTS = ("FROM", "TO", "TEST", "FOUND", "LIMIT", "VERDICT", "NOTE")
# More tests than these are not read by anybody: then only those are shown that say something.
MOST_TESTS = 60


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """A table of hosts, one of tests, the paths at fault, and who is quarantined."""
    tests = report["tests"]
    telling = [test for test in tests if test["status"] != PASSED or test["outlier_of"] is not None]
    shown = tests if len(tests) <= MOST_TESTS else telling
    left = len(tests) - len(shown)
    more = [f"and {left} tests that passed: all of them are in the report"] if left else []
    return [
        *table(HOSTS, [_host(name, host, tests) for name, host in report["hosts"].items()]),
        *section("Tests", [*table(TESTS, [_test(test) for test in shown]), *more]),
        *section("At fault between hosts that pass with others", report["paths"]),
        *section("Quarantined", list(_quarantined(report["quarantined"]))),
    ]


def _host(name: str, host: Mapping[str, Any], tests: list[Mapping[str, Any]]) -> list[str]:
    own = [test["status"] for test in tests if name in (test["client"], test["server"])]
    counts = [str(own.count(status)) for status in ("passed", "failed", "skipped")]
    return [name, host["status"], *counts, "; ".join(host["reasons"])]


def _test(test: Mapping[str, Any]) -> list[str]:
    unit = test["unit"]
    return [
        test["client"],
        test["server"],
        test["kind"] if test["rail"] < 0 else f"{test['kind']} rail {test['rail']}",
        "" if test["value"] is None else f"{figure(test['value'])} {unit}",
        f"{figure(test['limit'])} {unit}" if test["limit"] else "",
        test["status"],
        "; ".join(_notes(test)),
    ]


def _notes(test: Mapping[str, Any]) -> Iterator[str]:
    if test["value"] is None or not test["limit"]:
        yield test["reason"]
    if test["outlier_of"] is not None:
        away = abs(1 - test["value"] / test["outlier_of"])
        peers = f"{figure(test['outlier_of'])} {test['unit']}"
        yield f"{away:.0%} from the median of its peers, {peers}"


def _quarantined(quarantined: Mapping[str, str]) -> Iterator[str]:
    for host, reason in quarantined.items():
        yield f"{host}: {reason}"
