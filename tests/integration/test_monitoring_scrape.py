"""What a Prometheus scrapes and evaluates: the real operator's configuration, a real Prometheus.

Pods are objects that the test writes, with the labels that LeaderWorkerSet's controller gives; what
answers at their addresses are the pages that the engine and the router of the bundle served once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring import (
    monitoring_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router import (
    router_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router_spec import (
    RouterSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    leader_worker_set,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan

from lab.crowds.api import ControlPlane, until
from tests.integration.control_plane import running
from tests.integration.prometheus import (
    GROUP,
    asked,
    made_configuration,
    made_rules,
    operator,
    prometheus,
    prometheus_object,
)
from tests.metric_pages import page
from tests.plans import group_specs
from tests.unit.plugins.module_utils.manifests.alerts.samples import (
    promtool,
    rules,
    spec,
    watched_plan,
)

NAMESPACE = "watched"
LABELS = {"release": "kube-prometheus"}
LWS = "leaderworkerset.sigs.k8s.io"
# Pods by name: their address, the page that they serve, and the group and rank of an engine's.
LEADER, WORKER, FOREIGN, ROUTER = "127.0.8.1", "127.0.8.2", "127.0.8.3", "127.0.8.4"


class Page(BaseHTTPRequestHandler):
    """A recorded page, to everybody who asks for /metrics."""

    text = ""

    def do_GET(self) -> None:
        """The page."""
        body = self.text.encode()
        self.send_response(200 if self.path == "/metrics" else 404)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served(address: str, port: int, name: str) -> Iterator[None]:
    """Serve a recorded page."""
    handler = type("Recorded", (Page,), {"text": page(name)})
    server = ThreadingHTTPServer((address, port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def engine_pod(rank: int, **changes: str) -> dict[str, Any]:
    """A pod of the plan's first group, as LeaderWorkerSet's controller makes it."""
    group = group_specs(watched_plan(), NAMESPACE)[0]
    templates = leader_worker_set(group)["spec"]["leaderWorkerTemplate"]
    template = templates["workerTemplate" if rank else "leaderTemplate"]
    labels = {
        **template["metadata"]["labels"],
        f"{LWS}/name": group.name,
        f"{LWS}/group-index": "0",
        f"{LWS}/worker-index": str(rank),
        **changes,
    }
    return {"metadata": {"labels": labels}, "spec": template["spec"]}


def router_pod() -> dict[str, Any]:
    """A pod of the router's Deployment."""
    router = RouterSpec.of_plan(
        parse_plan(watched_plan()), namespace=NAMESPACE, image="a/b:1", replicas=2, node_port=0
    )
    template: dict[str, Any] = router_objects(router)[-1]["spec"]["template"]
    return template


def run_pod(
    plane: ControlPlane, namespace: str, name: str, template: dict[str, Any], address: str
) -> None:
    """Write a pod and that it runs at an address, in the place of scheduler and kubelet."""
    metadata = {**template["metadata"], "name": name}
    pod = {"metadata": metadata, "spec": {**template["spec"], "nodeName": "node1"}}
    path = f"/api/v1/namespaces/{namespace}/pods"
    plane.request("POST", path, pod)
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
    plane.request("PATCH", f"{path}/{name}/status", {"status": status})


@pytest.fixture(scope="module")
def address(operated: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that watches four pods: two ranks, a rank of somebody else, a router."""
    plane, namespace, directory = operated, NAMESPACE, tmp_path_factory.mktemp("prometheus")
    plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    run_pod(plane, namespace, "llama-r1-0", engine_pod(0), LEADER)
    run_pod(plane, namespace, "llama-r1-0-1", engine_pod(1), WORKER)
    other = engine_pod(0, **{f"{LWS}/name": "other", "app.kubernetes.io/managed-by": "a-person"})
    run_pod(plane, namespace, "other-0", other, FOREIGN)
    run_pod(plane, namespace, "router-1", router_pod(), ROUTER)
    group = f"{GROUP}/namespaces/{namespace}"
    plane.request("POST", f"{group}/prometheuses", prometheus_object(namespace, LABELS))
    for obj in monitoring_objects(spec(namespace=namespace, labels=LABELS, interval_seconds=1)):
        plane.request("POST", f"{group}/{obj['kind'].lower()}s", obj)
    with ExitStack() as stack:
        enter = stack.enter_context
        for host, name in (
            (LEADER, "engine-leader"),
            (WORKER, "engine-worker"),
            (FOREIGN, "engine-leader"),
        ):
            enter(served(host, 30000, name))
        enter(served(ROUTER, 29000, "router"))
        enter(running(operator(plane, namespace), directory))
        log = directory / "prometheus-operator.log"
        until(lambda: made_configuration(plane, namespace), log)
        until(lambda: made_rules(plane, namespace), log)
        program, where = prometheus(
            plane, directory, made_configuration(plane, namespace), made_rules(plane, namespace)
        )
        checked = promtool("check", "config", directory / "prometheus.yml")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        enter(running(program, directory))
        until(lambda: _scraped(where), directory / "prometheus.log")
        yield where


def _scraped(address: str) -> None:
    found = asked(address, "query", query="count(up == 1)")["result"]
    if not found or int(found[0]["value"][1]) < 3:
        raise OSError(f"scraped: {found}")


def values(address: str, query: str, *labels: str) -> dict[tuple[str, ...], float]:
    """The samples of a query by some of their labels."""
    found = asked(address, "query", query=query)["result"]
    return {
        tuple(each["metric"].get(label, "") for label in labels): float(each["value"][1])
        for each in found
    }


def test_ranks_and_router_are_scraped_and_nobody_elses_pod(address: str) -> None:
    assert values(address, "up", "job", "pod", "group", "replica", "rank", "node") == {
        ("watched/sglang-engine", "llama-r1-0", "llama-r1", "0", "0", "node1"): 1,
        ("watched/sglang-engine", "llama-r1-0-1", "llama-r1", "0", "1", "node1"): 1,
        ("watched/sglang-router", "router-1", "", "", "", "node1"): 1,
    }


def test_series_of_both_ranks_keep_the_engines_own_labels(address: str) -> None:
    found = values(address, "sglang:token_usage", "rank", "tp_rank", "pp_rank", "namespace")
    assert found == {("0", "0", "0", NAMESPACE): 0, ("1", "0", "1", NAMESPACE): 0}


def test_stages_of_a_pipeline_count_the_same_requests(address: str) -> None:
    """So a sum over all series would be twice the queue."""
    assert values(address, "count(sglang:num_queue_reqs)") == {(): 2}


def test_every_alert_is_evaluated_without_an_error(address: str) -> None:
    groups = asked(address, "rules")["groups"]
    loaded = {rule["name"]: rule for group in groups for rule in group["rules"]}
    assert set(loaded) == {rule.name for rule in rules()}
    assert {rule.get("lastError", "") for rule in loaded.values()} == {""}
    severities = {rule.name: rule.severity for rule in rules()}
    assert {name: rule["labels"]["severity"] for name, rule in loaded.items()} == severities


def test_what_is_missing_is_pending(address: str) -> None:
    """Two of eight ranks are there, and no exporter."""
    pending = {alert["labels"]["alertname"] for alert in asked(address, "alerts")["alerts"]}
    assert {"SGLangRanksMissing", "SGLangMetricsMissing"} <= pending
    assert "SGLangTargetDown" not in pending
    assert "SGLangRouterWithoutEngines" not in pending
