"""PodMonitors and the PrometheusRule: against a snapshot, and what must hold of them.

After an intended change:
C(PYTHONPATH=.collections:. python -m tests.unit.plugins.module_utils.manifests.test_monitoring)
writes the snapshot anew; review it with C(git diff).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.filter.planned_monitoring import FilterModule
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
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

from tests.plans import group_specs, lab_plan, plan
from tests.unit.plugins.module_utils.manifests.alerts.samples import SETTINGS, spec, watched_plan

SNAPSHOT = Path(__file__).with_name("snapshots") / "monitoring.json"


def objects(
    document: dict[str, Any] | None = None, routers: int = 2, **changes: Any
) -> dict[str, dict[str, Any]]:
    """The objects by name, as role monitoring makes them."""
    made = FilterModule().filters()["planned_monitoring"](
        document or watched_plan(),
        namespace="serving",
        routers=routers,
        settings={**SETTINGS, **changes},
    )
    return {obj["metadata"]["name"]: obj for obj in made}


def rendered() -> str:
    """JSON, since expressions are longer than a line of YAML may be here."""
    made = list(objects(labels={"release": "kps"}).values())
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def endpoint(monitor: dict[str, Any]) -> dict[str, Any]:
    (found,) = monitor["spec"]["podMetricsEndpoints"]
    return dict(found)


def selected(monitor: dict[str, Any], labels: dict[str, str]) -> bool:
    selector = monitor["spec"]["selector"]
    return all(labels.get(k) == v for k, v in selector["matchLabels"].items()) and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])
    )


def test_objects_are_those_of_the_snapshot() -> None:
    assert rendered() == SNAPSHOT.read_text(encoding="utf-8")


def test_the_same_plan_gives_the_same_objects() -> None:
    assert list(objects()) == ["sglang-engine", "sglang-router", "sglang"]
    assert objects() == objects()


def test_without_routers_there_is_no_monitor_of_them() -> None:
    assert list(objects(routers=0)) == ["sglang-engine", "sglang"]


def test_the_lab_can_be_watched() -> None:
    assert list(objects(lab_plan(), routers=0)) == ["sglang-engine", "sglang"]


@pytest.mark.parametrize("template", ["leaderTemplate", "workerTemplate"])
def test_ranks_of_the_plan_are_selected_at_a_port_that_they_declare(template: str) -> None:
    monitor = objects()["sglang-engine"]
    for group in group_specs(watched_plan(), "serving"):
        pod = leader_worker_set(group)["spec"]["leaderWorkerTemplate"][template]
        labels = {**pod["metadata"]["labels"], "leaderworkerset.sigs.k8s.io/name": group.name}
        assert selected(monitor, labels)
        assert not selected(monitor, {**labels, "leaderworkerset.sigs.k8s.io/name": "other"})
        assert not selected(monitor, {**labels, "app.kubernetes.io/managed-by": "other"})
        ports = [port["name"] for port in pod["spec"]["containers"][0]["ports"]]
        assert endpoint(monitor)["port"] in ports


def test_routers_are_selected_at_a_port_that_they_declare() -> None:
    router = RouterSpec.of_plan(
        parse_plan(watched_plan()), namespace="serving", image="a/b:1", replicas=2, node_port=0
    )
    pod = router_objects(router)[-1]["spec"]["template"]
    monitor = objects()["sglang-router"]
    assert selected(monitor, pod["metadata"]["labels"])
    assert not selected(objects()["sglang-engine"], pod["metadata"]["labels"])
    ports = [port["name"] for port in pod["spec"]["containers"][0]["ports"]]
    assert endpoint(monitor)["port"] in ports


@pytest.mark.parametrize(("interval", "timeout"), [(15, "10s"), (5, "5s"), (120, "10s")])
def test_a_scrape_ends_before_the_next_one(interval: int, timeout: str) -> None:
    for name in ("sglang-engine", "sglang-router"):
        found = endpoint(objects(interval_seconds=interval)[name])
        assert (found["interval"], found["scrapeTimeout"]) == (f"{interval}s", timeout)


def test_no_object_has_a_secret() -> None:
    text = rendered()
    assert not re.search(r"authorization|bearerToken|basicAuth|secret", text, re.IGNORECASE)


def test_labels_of_the_site_are_on_every_object_and_replace_none_of_ours() -> None:
    made = objects(labels={"release": "kps", "team": 7, "app.kubernetes.io/managed-by": "other"})
    for obj in made.values():
        assert obj["metadata"]["labels"] == {
            "release": "kps",
            "team": "7",
            "app.kubernetes.io/component": "monitoring",
            "app.kubernetes.io/managed-by": "baremetal.sglang",
        }


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(InputError) as error:
        spec(
            plan("two-groups"),
            namespace="Serving",
            interval_seconds=121,
            labels={"a b": "c", "d": "e f"},
            thresholds={"latency": 1},
        )
    assert [fault.split(":")[0] for fault in error.value.details["faults"]] == [
        "group llama-r1",
        "group llama-r2",
        "interval_seconds",
        "labels.d",
        "labels",
        "namespace",
        "thresholds.latency",
    ]
    assert "found no --enable-metrics in the plan's arguments" in str(error.value)


def test_a_fault_is_an_error_of_the_filter() -> None:
    with pytest.raises(AnsibleFilterError, match="interval_seconds: found 0, needed 1 to 120"):
        objects(interval_seconds=0)


if __name__ == "__main__":
    SNAPSHOT.write_text(rendered(), encoding="utf-8")
