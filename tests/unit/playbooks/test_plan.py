"""The plan playbook on declared hardware, as a person runs it: no host is reached."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow


def play(site: str, artifacts: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the playbook for `inventories/<site>` with its own directory for what it writes."""
    command = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [
            *(str(command), "baremetal.sglang.plan", "--tags", "declared"),
            *("-i", f"inventories/{site}", "-e", f"site_artifacts={artifacts}", *arguments),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_NOCOLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_plan_is_printed_checked_written_compared_and_handed_back(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yml"
    checked = play("stage2-same-rack", tmp_path, "--check")
    assert checked.returncode == 0, checked.stdout
    assert not plan.exists()
    made = play("stage2-same-rack", tmp_path)
    assert "Plan of stage2-same-rack: deepseek-r1 in fp8, chosen for throughput" in made.stdout
    assert "refused layouts" in made.stdout
    written = plan.read_bytes()
    changed = play("stage2-same-rack", tmp_path, "--diff", "-e", "site_objective=latency")
    assert "-    explanation.objective: throughput\n" in changed.stdout
    assert "+    explanation.objective: latency\n" in changed.stdout
    assert play("stage2-same-rack", tmp_path).returncode == 0
    assert plan.read_bytes() == written
    copy = tmp_path / "reviewed.yml"
    copy.write_bytes(written)
    given = play("stage2-same-rack", tmp_path, "-e", f"site_plan_file={copy}")
    assert given.returncode == 0, given.stdout
    assert copy.read_bytes() == written
    stale = play(
        *("stage2-same-rack", tmp_path, "-e", f"site_plan_file={copy}"),
        *("-e", "site_objective=latency"),
    )
    assert stale.returncode != 0
    assert "objective is latency, needed throughput, for which the plan was made" in " ".join(
        stale.stdout.split()
    )


def test_a_site_that_does_not_fit_is_refused_with_figures(tmp_path: Path) -> None:
    refused = play("stage1-single-node", tmp_path, "-e", "site_model=deepseek-r1")
    assert refused.returncode != 0
    assert "GiB too little" in " ".join(refused.stdout.split())
    assert not (tmp_path / "plan.yml").exists()


def test_a_site_with_a_plan_of_its_own_keeps_it(tmp_path: Path) -> None:
    own = ROOT / "tests/fixtures/plans/by-hand.yml"
    before = own.read_bytes()
    read = play("lab", tmp_path, "-e", f"site_plan_file={own}")
    assert read.returncode == 0, read.stdout
    assert "Plan of lab: smollm2-135m-instruct in bfloat16" in read.stdout
    assert not (tmp_path / "plan.yml").exists()
    assert own.read_bytes() == before


def test_the_lab_s_hosts_declare_nothing_so_its_plan_needs_them(tmp_path: Path) -> None:
    refused = play("lab", tmp_path)
    assert refused.returncode != 0
    assert "node1: hardware unknown" in refused.stdout
    assert not (tmp_path / "plan.yml").exists()
