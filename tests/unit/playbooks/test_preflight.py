"""Preflight's second look, at the plan of the run, with the plays of the playbooks and no lab.

This machine stands in for all hosts: it is read, and never changed. What it lacks as a host are
faults too, which no test here looks at.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.roles.local_play import HOST_PYTHON

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = ROOT / "playbooks"
SITE = ROOT / "inventories/stage2-same-rack"
pytestmark = pytest.mark.slow


def plays(name: str) -> list[dict[str, Any]]:
    """The plays of a playbook with absolute paths, all in the run of `--tags declared`."""
    found = yaml.safe_load((PLAYBOOKS / name).read_text(encoding="utf-8"))
    for play in found:
        paths = [str((PLAYBOOKS / path).resolve()) for path in play.get("vars_files", [])]
        play.update(vars_files=paths, tags=["declared"])
    return list(found)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The inventory of stage 2 with a bundle on this machine that has R1's FP8 directory."""
    inventory = tmp_path / "inventory"
    shutil.copytree(SITE, inventory)
    bundle = tmp_path / "bundle"
    model = bundle / "models/deepseek-ai/DeepSeek-R1"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (model / "SHA256SUMS").write_text(f"{'0' * 64}  config.json\n")
    manifest = {"schema": 1, "parts": {}}
    (bundle / "bundle.yml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    # The first play of preflight and the plan's own: its report would refuse this machine before.
    chosen = [plays("preflight.yml")[0], *plays("plan.yml")[1:]]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(chosen), encoding="utf-8")
    return tmp_path


def run(site: Path, **variables: str) -> str:
    """Everything that the run prints, on one line."""
    given = {
        "ansible_connection": "local",
        "ansible_python_interpreter": HOST_PYTHON,
        "site_bundle_path": str(site / "bundle"),
        "site_artifacts": str(site / "artifacts"),
        **variables,
    }
    extra = [f"--extra-vars={name}={value}" for name, value in given.items()]
    command = str(Path(sys.executable).with_name("ansible-playbook"))
    done = subprocess.run(
        [command, str(site / "play.yml"), "-i", str(site / "inventory"), "--tags=declared", *extra],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode != 0, done.stdout
    return " ".join((done.stdout + done.stderr).split())


def test_the_planned_format_is_looked_for_on_the_mirror_and_its_size_on_the_disks(
    site: Path,
) -> None:
    shown = run(site)
    assert "Plan of inventory: deepseek-r1 in fp8" in shown
    assert "DeepSeek-R1: nothing pins these weights." in shown
    digest = re.search(r"whose SHA-256 is ([0-9a-f]{64})", shown)
    assert digest is not None
    assert "registry: image not in mirror found: no docker.io/lmsysorg/sglang:" in shown
    assert "site_plan" not in shown.partition("preflight found")[2]
    pinned = run(site, site_weights_digest=digest[1])
    assert "nothing pins these weights" not in pinned
    assert "model list differs" not in pinned


def test_a_list_that_is_not_the_asked_one_is_refused_after_the_plan(site: Path) -> None:
    shown = run(site, site_weights_digest="0" * 64)
    assert "SHA256SUMS: model list differs" in shown
    assert f"needed: SHA-256 {'0' * 64}, that site_weights_digest asks for" in shown


def test_the_mirror_must_have_the_format_that_was_planned(site: Path) -> None:
    other = site / "bundle/models/nvidia/DeepSeek-R1-NVFP4"
    other.parent.mkdir()
    (site / "bundle/models/deepseek-ai/DeepSeek-R1").rename(other)
    shown = run(site)
    assert "models: model not in mirror found: no such directory" in shown
    assert "needed: deepseek-ai/DeepSeek-R1 (641.3 GiB), with the SHA-256 list" in shown
