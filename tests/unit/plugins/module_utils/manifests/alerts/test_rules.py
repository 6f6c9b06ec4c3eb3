"""Every alert, by promtool: the rules are right, one case fires, a near one does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.groups import (
    alert_groups,
)

from tests.plans import lab_plan
from tests.unit.plugins.module_utils.manifests.alerts.cases import CASES, Case, series
from tests.unit.plugins.module_utils.manifests.alerts.samples import (
    RUNBOOKS,
    promtool,
    rules,
    spec,
    write_rules,
)

RULES = {rule.name: rule for rule in rules()}


@pytest.fixture(scope="module")
def rules_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules of the sample site."""
    path = tmp_path_factory.mktemp("rules") / "rules.yml"
    write_rules(path)
    return path


def run_case(rules_file: Path, given: Mapping[str, str], *, at: int, firing: list[str]) -> str:
    """What promtool says of a case: nothing where exactly the series C(firing) are there."""
    name = rules_file.parent.name
    values = [{"series": each, "values": value} for each, value in given.items()]
    query = {
        "expr": f'ALERTS{{alertname="{firing[0]}",alertstate="firing"}}',
        "eval_time": f"{at}m",
        "exp_samples": [{"labels": each, "value": 1} for each in firing[1:]],
    }
    test = {"interval": "1m", "name": name, "input_series": values, "promql_expr_test": [query]}
    document = {"rule_files": [str(rules_file)], "evaluation_interval": "1m", "tests": [test]}
    path = rules_file.with_name("case.yml")
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    done = promtool("test", "rules", path)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def alert(name: str, case: Case) -> str:
    state = {"alertname": name, "alertstate": "firing", "severity": RULES[name].severity}
    return series("ALERTS", **state, **case.labels)


def test_promtool_accepts_the_rules(rules_file: Path) -> None:
    done = promtool("check", "rules", rules_file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(RULES)} rules found" in done.stdout


def test_promtool_finds_a_planted_fault(rules_file: Path) -> None:
    broken = rules_file.with_name("broken.yml")
    broken.write_text(rules_file.read_text().replace("rate(", "rat(", 1))
    assert promtool("check", "rules", broken).returncode != 0
    wrong = run_case(
        rules_file,
        CASES["SGLangXid"].fires,
        at=1,
        firing=["SGLangXid", alert("SGLangRowRemapFailed", CASES["SGLangXid"])],
    )
    assert "FAILED" in wrong


def test_every_alert_has_its_cases() -> None:
    assert list(RULES) == list(CASES)


@pytest.mark.parametrize("name", RULES)
def test_an_alert_fires(rules_file: Path, name: str) -> None:
    case = CASES[name]
    firing = [name, alert(name, case)]
    assert run_case(rules_file, case.fires, at=case.at, firing=firing) == ""


@pytest.mark.parametrize("name", RULES)
def test_an_alert_stays_silent(rules_file: Path, name: str) -> None:
    case = CASES[name]
    assert run_case(rules_file, case.silent, at=case.at, firing=[name]) == ""


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_what_it_means_and_what_to_do(name: str) -> None:
    rule = RULES[name]
    document = rule.document(RUNBOOKS)
    annotations: dict[str, Any] = document["annotations"]
    assert annotations["runbook_url"] == f"{RUNBOOKS}#{name.lower()}"
    assert rule.severity in ("critical", "warning")
    assert rule.impact.endswith(".")
    assert rule.steps
    assert all(step.endswith((".", "?")) for step in rule.steps)
    assert annotations["description"] == " ".join(
        [f"{rule.impact} First:", *(f"{n}. {step}" for n, step in enumerate(rule.steps, 1))]
    )


def test_a_site_without_routers_gpus_and_rdma_has_no_alerts_on_them() -> None:
    groups = alert_groups(spec(lab_plan(), routers=0).watched)
    names = {rule.name for rules_of_group in groups.values() for rule in rules_of_group}
    absent = {name for name in RULES if name.startswith(("SGLangRouter", "SGLangInfiniBand"))}
    absent |= {"SGLangXid", "SGLangGpuGone", "SGLangRowRemapFailed", "SGLangRowsRemapped"}
    assert names == set(RULES) - absent


def test_metrics_that_a_site_cannot_have_are_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    write_rules(path)
    assert "node_infiniband_state_id" in path.read_text()
    write_rules(path, document=lab_plan())
    assert "node_infiniband_state_id" not in path.read_text()
    assert "DCGM" not in path.read_text()


def test_thresholds_of_a_site_are_in_its_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    write_rules(path, thresholds={"kv_cache_share": 0.8, "queue_seconds": 1200})
    text = path.read_text()
    assert "> 0.8\n" in text
    assert "[1200s]" in text
    assert promtool("check", "rules", path).returncode == 0
