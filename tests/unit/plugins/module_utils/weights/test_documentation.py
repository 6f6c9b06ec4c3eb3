"""docs/weights.md names tests and metrics: each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.metrics import (
    METRICS,
    PREFIX,
)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[4]
PAGE = (ROOT / "docs/weights.md").read_text()

# Tests of another directory have its path.
ROW = re.compile(r"\|[^|]+\|[^|]+\| `(tests/[\w/]+/)?(test_\w+\.py)::(test_\w+)` \|")


def functions(path: Path) -> set[str]:
    return {n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)}


def directory(row: re.Match[str]) -> Path:
    return ROOT / row[1] if row[1] else HERE


def test_every_fault_has_a_test_that_exists() -> None:
    table = PAGE.split("## Faults")[1].split("\n\n")[2].splitlines()[2:]
    assert len(table) > 30
    named = [ROW.fullmatch(row) for row in table]
    assert [row for row, match in zip(table, named, strict=True) if match is None] == []
    missing = [m[0] for m in named if m and m[3] not in functions(directory(m) / m[2])]
    assert missing == []


def test_the_page_has_every_metric_and_no_other() -> None:
    table = PAGE.split("## Metrics")[1].split("\n\n")[2].splitlines()[2:]
    named = {name for row in table for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == set(METRICS)


def test_the_alerts_ask_for_metrics_that_exist() -> None:
    block = PAGE.split("```yaml\n")[1].split("```")[0]
    (group,) = yaml.safe_load(block)["groups"]
    asked = {
        name for rule in group["rules"] for name in re.findall(rf"{PREFIX}_(\w+)", rule["expr"])
    }
    assert len(group["rules"]) == 4
    assert asked < set(METRICS)
