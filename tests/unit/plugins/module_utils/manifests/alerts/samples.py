"""A site of two groups on GPUs with RDMA and two routers, and promtool on its rules."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.groups import (
    alert_groups,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import Rule
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring import (
    rule_groups,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring_spec import (
    MonitoringSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan

from tests.plans import plan

RUNBOOKS = "https://example.com/alerts"
SETTINGS: dict[str, Any] = {
    "interval_seconds": 15,
    "labels": {},
    "thresholds": {},
    "runbooks": RUNBOOKS,
}


def watched_plan() -> dict[str, Any]:
    """Two groups whose engines have metrics, as those of the planner's own plans always do."""
    document = plan("two-groups")
    document["arguments"] = [*document["arguments"], "--enable-metrics"]
    document["resources"] = {**document["resources"], "rdma": "rdma/hca"}
    return document


def spec(document: dict[str, Any] | None = None, **changes: Any) -> MonitoringSpec:
    """What is watched of a plan; that of two groups if none is given."""
    given = {"namespace": "serving", "routers": 2, **SETTINGS, **changes}
    return MonitoringSpec.of_plan(
        parse_plan(document or watched_plan()),
        namespace=given["namespace"],
        routers=given["routers"],
        settings={name: given[name] for name in SETTINGS},
    )


def rules() -> list[Rule]:
    """All alerts that there are."""
    return [rule for group in alert_groups(spec().watched).values() for rule in group]


def write_rules(path: Path, **changes: Any) -> None:
    """Write a file of rules, as the Prometheus Operator would make it of the PrometheusRule."""
    path.write_text(yaml.safe_dump(rule_groups(spec(**changes))), encoding="utf-8")


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool, which `lab/bootstrap` installs."""
    return subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
