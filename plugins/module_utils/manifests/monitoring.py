# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that the Prometheus Operator turns into scrapes and alerts of a Prometheus that is there.

An engine answers /metrics without a key, also where it wants one for questions (decide_request_auth
in sglang/srt/utils/auth.py), and so does the router on its port for metrics: no PodMonitor
needs a Secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.groups import (
    alert_groups,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    ENGINE_MONITOR,
    ROUTER_MONITOR,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import OWNER
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring_spec import (
    MonitoringSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router import (
    LABELS as ROUTER_LABELS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    ENGINE_LABELS,
    GROUP_INDEX_LABEL,
    NAME_LABEL,
    WORKER_INDEX_LABEL,
)

API_VERSION = "monitoring.coreos.com/v1"
RULES = "sglang"

SCRAPE_TIMEOUT_SECONDS = 10
"""Prometheus' own default; it refuses one that is longer than the interval."""

TARGET_LABELS: Mapping[str, str] = {
    "group": NAME_LABEL,
    "replica": GROUP_INDEX_LABEL,
    "rank": WORKER_INDEX_LABEL,
}
"""Labels of a rank's series, and the pod's labels that they come from."""


def monitoring_objects(spec: MonitoringSpec) -> list[dict[str, Any]]:
    """Return the objects in the order in which they are applied."""
    routers = [_router_monitor(spec)] if spec.watched.routers else []
    return [_engine_monitor(spec), *routers, _rules(spec)]


def _engine_monitor(spec: MonitoringSpec) -> dict[str, Any]:
    """Every rank of the plan's groups. Pods of other LeaderWorkerSets have other labels."""
    groups = {"key": NAME_LABEL, "operator": "In", "values": list(spec.watched.groups)}
    selector = {"matchLabels": {**ENGINE_LABELS, **OWNER}, "matchExpressions": [groups]}
    relabelings = [
        {"sourceLabels": [_meta(label)], "targetLabel": name}
        for name, label in TARGET_LABELS.items()
    ]
    return _monitor(spec, ENGINE_MONITOR, selector, port="http", relabelings=relabelings)


def _router_monitor(spec: MonitoringSpec) -> dict[str, Any]:
    selector = {"matchLabels": {**ROUTER_LABELS, **OWNER}}
    return _monitor(spec, ROUTER_MONITOR, selector, port="metrics", relabelings=[])


def _monitor(
    spec: MonitoringSpec,
    name: str,
    selector: Mapping[str, Any],
    *,
    port: str,
    relabelings: list[dict[str, Any]],
) -> dict[str, Any]:
    """A PodMonitor of the namespace's own pods; the port is one that the container declares."""
    node = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}
    endpoint = {
        "port": port,
        "path": "/metrics",
        "interval": f"{spec.interval_seconds}s",
        "scrapeTimeout": f"{min(spec.interval_seconds, SCRAPE_TIMEOUT_SECONDS)}s",
        "relabelings": [*relabelings, node],
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "PodMonitor",
        "metadata": _metadata(spec, name),
        "spec": {"selector": dict(selector), "podMetricsEndpoints": [endpoint]},
    }


def _rules(spec: MonitoringSpec) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "PrometheusRule",
        "metadata": _metadata(spec, RULES),
        "spec": rule_groups(spec),
    }


def rule_groups(spec: MonitoringSpec) -> dict[str, Any]:
    """The alerts as a file of rules of Prometheus has them."""
    groups = alert_groups(spec.watched)
    return {
        "groups": [
            {"name": name, "rules": [rule.document(spec.runbooks) for rule in rules]}
            for name, rules in groups.items()
        ]
    }


def _meta(label: str) -> str:
    """A pod's label as Prometheus' discovery of pods names it."""
    plain = "".join(letter if letter.isalnum() else "_" for letter in label)
    return f"__meta_kubernetes_pod_label_{plain}"


def _metadata(spec: MonitoringSpec, name: str) -> dict[str, Any]:
    labels = {**dict(spec.labels), "app.kubernetes.io/component": "monitoring", **OWNER}
    return {"name": name, "namespace": spec.watched.namespace, "labels": labels}
