"""Which Prometheus objects take ours, by the Operator's rules of selection."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.filter.prometheus_faults import FilterModule

LABELS = {"release": "kps", "app.kubernetes.io/component": "monitoring"}
NAMESPACE = {"kubernetes.io/metadata.name": "serving", "team": "ml"}
EVERYTHING: dict[str, Any] = {
    "podMonitorSelector": {},
    "podMonitorNamespaceSelector": {},
    "ruleSelector": {},
    "ruleNamespaceSelector": {},
}


def faults(*specs: dict[str, Any], namespace: str = "monitoring") -> list[str]:
    objects = [
        {"metadata": {"name": f"p{number}", "namespace": namespace}, "spec": spec}
        for number, spec in enumerate(specs)
    ]
    found: list[str] = FilterModule().filters()["prometheus_faults"](
        objects, namespace="serving", namespace_labels=NAMESPACE, labels=LABELS
    )
    return found


def test_empty_selectors_take_everything() -> None:
    assert faults(EVERYTHING) == []


def test_without_a_prometheus_nobody_takes_anything() -> None:
    assert faults() == [
        "found no Prometheus object in the cluster, needed one that scrapes and alerts"
    ]


@pytest.mark.parametrize(
    "selector",
    [
        {"matchLabels": {"release": "kps"}},
        {"matchLabels": None, "matchExpressions": None},
        {"matchExpressions": [{"key": "release", "operator": "In", "values": ["a", "kps"]}]},
        {"matchExpressions": [{"key": "release", "operator": "NotIn", "values": ["a"]}]},
        {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]},
        {"matchExpressions": [{"key": "release", "operator": "Exists"}]},
        {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
    ],
)
def test_a_selector_of_labels_that_fits(selector: dict[str, Any]) -> None:
    assert faults({**EVERYTHING, "podMonitorSelector": selector}) == []


@pytest.mark.parametrize(
    "selector",
    [
        {"matchLabels": {"release": "other"}},
        {"matchLabels": {"release": "kps", "team": "ml"}},
        {"matchExpressions": [{"key": "release", "operator": "In", "values": ["a"]}]},
        {"matchExpressions": [{"key": "release", "operator": "NotIn", "values": ["kps"]}]},
        {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
        {"matchExpressions": [{"key": "release", "operator": "DoesNotExist"}]},
    ],
)
def test_a_selector_of_labels_that_does_not_fit_is_shown(selector: dict[str, Any]) -> None:
    (fault,) = faults({**EVERYTHING, "ruleSelector": selector})
    assert fault == (
        f"PrometheusRule: Prometheus monitoring/p0: ruleSelector {selector} does not select the"
        f" labels {LABELS}"
    )


def test_an_absent_selector_takes_nothing() -> None:
    spec = {name: value for name, value in EVERYTHING.items() if name != "podMonitorSelector"}
    (fault,) = faults(spec)
    assert "PodMonitor: Prometheus monitoring/p0: podMonitorSelector (absent) does not" in fault


def test_an_absent_selector_of_namespaces_takes_the_own_one_alone() -> None:
    spec: dict[str, Any] = {name: {} for name in ("podMonitorSelector", "ruleSelector")}
    assert faults(spec, namespace="serving") == []
    assert faults(spec) == [
        f"{kind}: Prometheus monitoring/p0: has no {selector}, so it takes nothing of namespace"
        " serving"
        for kind, selector in (
            ("PodMonitor", "podMonitorNamespaceSelector"),
            ("PrometheusRule", "ruleNamespaceSelector"),
        )
    ]


def test_a_selector_of_namespaces_is_compared_with_their_labels() -> None:
    fitting = {"matchLabels": {"team": "ml"}}
    assert faults({**EVERYTHING, "ruleNamespaceSelector": fitting}) == []
    (fault,) = faults({**EVERYTHING, "ruleNamespaceSelector": {"matchLabels": {"team": "web"}}})
    assert "does not select namespace serving, which has the labels" in fault


def test_one_of_several_is_enough_for_each_kind() -> None:
    for_pods = {**EVERYTHING, "ruleSelector": {"matchLabels": {"a": "b"}}}
    for_rules = {**EVERYTHING, "podMonitorSelector": {"matchLabels": {"a": "b"}}}
    assert faults(for_pods, for_rules) == []
    assert len(faults(for_pods, for_pods)) == 2
