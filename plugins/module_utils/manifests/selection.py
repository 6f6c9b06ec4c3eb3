# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a Prometheus of the cluster takes our objects: the Operator's rules of selection.

An absent selector selects nothing, an empty one everything; an absent selector of namespaces
selects the Prometheus' own namespace (PrometheusSpec in the Operator's API).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, Optional

KINDS: Mapping[str, tuple[str, str]] = {
    "PodMonitor": ("podMonitorSelector", "podMonitorNamespaceSelector"),
    "PrometheusRule": ("ruleSelector", "ruleNamespaceSelector"),
}
_HOLDS: Mapping[str, Callable[[Optional[str], Sequence[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _values: value is not None,
    "DoesNotExist": lambda value, _values: value is None,
}


def selection_faults(
    prometheuses: Sequence[Mapping[str, Any]],
    *,
    namespace: str,
    namespace_labels: Mapping[str, str],
    labels: Mapping[str, str],
) -> list[str]:
    """For each kind that no Prometheus takes, why each of them does not.

    C(prometheuses) are the cluster's Prometheus objects, C(labels) those of our objects.
    """
    if not prometheuses:
        return ["found no Prometheus object in the cluster, needed one that scrapes and alerts"]
    faults = []
    for kind in KINDS:
        reasons = [
            list(_reasons(each, kind, namespace, namespace_labels, labels)) for each in prometheuses
        ]
        if all(reasons):
            faults += [f"{kind}: {reason}" for each in reasons for reason in each]
    return faults


def _reasons(
    prometheus: Mapping[str, Any],
    kind: str,
    namespace: str,
    namespace_labels: Mapping[str, str],
    labels: Mapping[str, str],
) -> Iterator[str]:
    own, spec = prometheus["metadata"], prometheus["spec"]
    name = f"Prometheus {own['namespace']}/{own['name']}"
    by_labels, by_namespace = KINDS[kind]
    if not _selects(spec.get(by_labels), labels):
        yield f"{name}: {by_labels} {_shown(spec, by_labels)} does not select the labels {labels}"
    if spec.get(by_namespace) is None and own["namespace"] != namespace:
        yield f"{name}: has no {by_namespace}, so it takes nothing of namespace {namespace}"
    elif by_namespace in spec and not _selects(spec[by_namespace], namespace_labels):
        yield (
            f"{name}: {by_namespace} {_shown(spec, by_namespace)} does not select namespace"
            f" {namespace}, which has the labels {namespace_labels}"
        )


def _selects(selector: Optional[Mapping[str, Any]], labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects an object with C(labels)."""
    if selector is None:
        return False
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        _HOLDS[each["operator"]](labels.get(each["key"]), each.get("values") or [])
        for each in expressions
    )


def _shown(spec: Mapping[str, Any], selector: str) -> str:
    return str(spec[selector]) if selector in spec else "(absent)"
