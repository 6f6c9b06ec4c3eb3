"""Alerts are made from metrics that exist: recorded from what serves them, or documented by it."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import Rule
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring import (
    TARGET_LABELS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.metrics import render

from tests.metric_pages import PAGES, page, series_of
from tests.unit.plugins.module_utils.manifests.alerts.samples import rules

RECORDED = ("engine-leader", "engine-worker", "router", "node-clock", "node-infiniband")
# What the Prometheus that scrapes adds, the Prometheus Operator among them.
TARGET = frozenset({"job", "instance", "namespace", "pod", "container", *TARGET_LABELS})
# A label that the engine's series have with attention data parallelism alone
# (init_new in sglang/srt/observability/metrics_collector.py); test_engine_metrics.py sees it.
CONDITIONAL = frozenset({"dp_rank"})
# Labels that an expression makes itself.
MADE = frozenset({"source"})
METRIC = re.compile(r"\b(?:sglang:|smg_|kube_|node_|DCGM_|baremetal_)\w+|\bup\b")
MATCHERS = re.compile(r"\{([^}]*)\}")
GROUPING = re.compile(r"\b(?:by|on) \(([^)]*)\)")
TEMPLATE = re.compile(r"\$labels\.(\w+)")


def known() -> dict[str, frozenset[str]]:
    """Every metric that is known to exist, with its labels."""
    documented = yaml.safe_load((PAGES / "documented.yml").read_text(encoding="utf-8"))
    found = {
        name: frozenset(labels)
        for exporter in documented.values()
        for name, labels in exporter["metrics"].items()
    }
    for text in (*map(page, RECORDED), render("r1", {})):
        for name, labels in series_of(text).items():
            found[name] = found.get(name, frozenset()) | labels
    return {**found, "up": frozenset()}


KNOWN = known()
RULES = {rule.name: rule for rule in rules()}


def faults(rule: Rule) -> list[str]:
    """Metrics of a rule that are not known, and labels that none of its metrics has."""
    metrics = set(METRIC.findall(rule.expression))
    unknown = sorted(metrics - KNOWN.keys())
    has = TARGET | CONDITIONAL | MADE | frozenset().union(*(KNOWN.get(m, ()) for m in metrics))
    used = {
        matcher.partition("=")[0]
        for matchers in MATCHERS.findall(rule.expression)
        for matcher in re.sub(r'"[^"]*"', "", matchers).split(",")
        if matcher
    }
    for names in GROUPING.findall(rule.expression):
        used |= {name.strip() for name in names.split(",")}
    used |= set(TEMPLATE.findall(" ".join((rule.summary, *rule.steps))))
    return [*unknown, *sorted(used - has)]


@pytest.mark.parametrize("name", RULES)
def test_metrics_and_labels_of_an_alert_exist(name: str) -> None:
    rule = RULES[name]
    assert METRIC.search(rule.expression)
    assert faults(rule) == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("rate(sglang:time_per_output_token_seconds_bucket[5m]) > 1", None),
        ('smg_active_workers{job="a"} == 0', None),
        ('smg_worker_health{status="up"} == 0', ["status"]),
        ("sum by (gpu_name) (DCGM_FI_DEV_XID_ERRORS) > 0", ["gpu_name"]),
    ],
)
def test_a_metric_or_label_that_does_not_exist_is_found(
    expression: str, found: list[str] | None
) -> None:
    rule = Rule("X", "warning", expression, 0, "", "", ())
    assert faults(rule) == (found or METRIC.findall(expression))


def test_steps_name_metrics_that_exist() -> None:
    text = " ".join(step for rule in RULES.values() for step in rule.steps)
    named = {name for name in METRIC.findall(text) if name != "up"}
    assert named
    histograms = {name.removesuffix("_bucket") for name in KNOWN}
    assert named - KNOWN.keys() - histograms == set()
