"""Role monitoring against a real API server with the Prometheus Operator's own definitions.

The test of a cluster without them comes first: they stay once they are there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring import (
    monitoring_objects,
)

from lab.crowds.api import ControlPlane
from tests.integration.prometheus import GROUP, prometheus_object
from tests.integration.role import closing, run
from tests.unit.plugins.module_utils.manifests.alerts.samples import spec, watched_plan

LABELS = {"release": "kube-prometheus"}
PLURALS = {"PodMonitor": "podmonitors", "PrometheusRule": "prometheusrules"}


def monitoring(
    plane: ControlPlane, directory: Path, namespace: str, *options: str, **changes: Any
) -> str:
    given = {
        "monitoring_prometheus": "existing",
        "monitoring_plan": watched_plan(),
        "monitoring_namespace": namespace,
        "monitoring_router_replicas": 2,
        "monitoring_labels": LABELS,
        "monitoring_kubeconfig": str(plane.kubeconfig),
        **changes,
    }
    return run(directory, "monitoring", "main.yml", *options, **given)


def path_of(kind: str, namespace: str) -> str:
    return f"{GROUP}/namespaces/{namespace}/{PLURALS[kind]}"


def names(plane: ControlPlane, namespace: str) -> list[str]:
    """Kinds and names of what is in the namespace."""
    return sorted(
        f"{kind} {item['metadata']['name']}"
        for kind in PLURALS
        for item in plane.request("GET", path_of(kind, namespace))["items"]
    )


def watch(plane: ControlPlane, namespace: str, labels: dict[str, str]) -> None:
    plane.request(
        "POST",
        f"{GROUP}/namespaces/{namespace}/prometheuses",
        prometheus_object(namespace, labels),
    )


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_cluster_without_the_operator_is_refused(
    bare_plane: ControlPlane, namespace: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    printed = monitoring(bare_plane, tmp_path, namespace, *options)
    assert "failed=1 " in closing(printed), printed
    assert "changed=0 " in closing(printed)
    assert "found no PodMonitor, PrometheusRule, Prometheus of monitoring.coreos.com/v1" in printed
    silent = monitoring(bare_plane, tmp_path, namespace, *options, monitoring_prometheus="none")
    assert "changed=0 " in closing(silent), silent
    assert "failed=0 " in closing(silent)


def test_every_object_is_accepted_with_no_field_unknown(
    operated: ControlPlane, namespace: str
) -> None:
    for obj in monitoring_objects(spec(namespace=namespace, labels=LABELS)):
        path = f"{path_of(obj['kind'], namespace)}?dryRun=All&fieldValidation=Strict"
        stored = operated.request("POST", path, obj)
        assert stored["metadata"]["labels"]["release"] == "kube-prometheus"
        with pytest.raises(HTTPError) as refused:
            operated.request("POST", path, {**obj, "spec": {**obj["spec"], "alerts": 1}})
        assert "unknown field" in refused.value.read().decode()


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (None, "found no Prometheus object in the cluster"),
        ({"release": "other"}, "podMonitorSelector {'matchLabels': {'release': 'other'}}"),
    ],
)
def test_what_no_prometheus_would_take_is_refused_before_anything_is_made(
    operated: ControlPlane,
    namespace: str,
    tmp_path: Path,
    labels: dict[str, str] | None,
    found: str,
) -> None:
    if labels:
        watch(operated, namespace, labels)
    printed = monitoring(operated, tmp_path, namespace)
    assert "failed=1 " in closing(printed), printed
    assert found in printed
    assert names(operated, namespace) == []


def test_the_role_makes_changes_and_removes_its_own_objects(
    operated: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    plane = operated
    watch(plane, namespace, LABELS)
    foreign = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "of-a-person"},
        "spec": {"selector": {}, "podMetricsEndpoints": []},
    }
    plane.request("POST", path_of("PodMonitor", namespace), foreign)
    kept = ["PodMonitor of-a-person"]
    checked = monitoring(plane, tmp_path, namespace, "--check")
    assert "changed=1 " in closing(checked), checked
    assert "SGLangKVCachePressure" in checked
    assert names(plane, namespace) == kept
    first = monitoring(plane, tmp_path, namespace)
    assert "changed=1 " in closing(first), first
    made = ["PodMonitor sglang-engine", "PodMonitor sglang-router", "PrometheusRule sglang"]
    assert names(plane, namespace) == sorted([*kept, *made])
    again = monitoring(plane, tmp_path, namespace)
    assert "changed=0 " in closing(again), again
    fewer = monitoring(
        plane,
        tmp_path,
        namespace,
        monitoring_router_replicas=0,
        monitoring_thresholds={"kv_cache_share": 0.9},
    )
    assert "changed=2 " in closing(fewer), fewer
    assert names(plane, namespace) == sorted([*kept, made[0], made[2]])
    rules = plane.request("GET", f"{path_of('PrometheusRule', namespace)}/sglang")
    assert rules["spec"]["groups"][0]["rules"][0]["expr"].endswith("> 0.9")
    would = monitoring(plane, tmp_path, namespace, "--check", monitoring_prometheus="none")
    assert "changed=1 " in closing(would), would
    assert len(names(plane, namespace)) == 3
    removed = monitoring(plane, tmp_path, namespace, monitoring_prometheus="none")
    assert "changed=1 " in closing(removed), removed
    assert names(plane, namespace) == kept
    over = monitoring(plane, tmp_path, namespace, monitoring_prometheus="none")
    assert "changed=0 " in closing(over), over


def test_all_faults_of_the_input_are_said_at_once(
    operated: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    watch(operated, namespace, LABELS)
    printed = monitoring(
        operated,
        tmp_path,
        namespace,
        monitoring_interval_seconds=0,
        monitoring_thresholds={"kv_cache_share": 85, "latency": 1},
    )
    assert "failed=1 " in closing(printed), printed
    assert "interval_seconds: found 0, needed 1 to 120" in printed
    assert "thresholds.kv_cache_share: found 85, needed a number over 0 and at most 1" in printed
    assert "thresholds.latency: is no threshold" in printed
    assert names(operated, namespace) == []


@pytest.mark.parametrize(("options", "failed"), [((), 1), (("--check",), 0)])
def test_without_a_kubeconfig_nothing_can_be_watched_but_a_check_run_passes(
    bare_plane: ControlPlane,
    namespace: str,
    tmp_path: Path,
    options: tuple[str, ...],
    failed: int,
) -> None:
    nowhere = str(tmp_path / "nowhere")
    printed = monitoring(bare_plane, tmp_path, namespace, *options, monitoring_kubeconfig=nowhere)
    assert f"failed={failed} " in closing(printed), printed
    assert "changed=0 " in closing(printed)
    assert ("nowhere: found no kubeconfig on the controller" in printed) is bool(failed)
