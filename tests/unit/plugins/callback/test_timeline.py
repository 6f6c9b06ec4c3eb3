"""The callback inside a real ansible-playbook on local connections."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
VALUE = "planted-value-that-must-not-appear"
INVENTORY = f"""\
[all]
one ansible_connection=local ansible_python_interpreter={sys.executable}
two ansible_connection=local ansible_python_interpreter={sys.executable}
"""
FIRST_PLAY = f"""\
- name: Preflight | Look at the hosts
  hosts: all
  gather_facts: false
  tasks:
    - name: Show a value
      ansible.builtin.debug:
        msg: {VALUE}
      changed_when: true
"""
RESCUED_PLAY = """\
- name: Hosts | Try and go on
  hosts: all
  gather_facts: false
  tasks:
    - name: Try and go on
      block:
        - name: Fail
          ansible.builtin.fail:
      rescue:
        - name: Go on
          ansible.builtin.debug:
"""
FAILING_PLAY = f"""\
- name: Serve | Fail on one host
  hosts: all
  gather_facts: false
  tasks:
    - name: Fail on one host
      ansible.builtin.fail:
        msg: {VALUE}
      when: inventory_hostname == 'two'
"""
BROKEN_PLAY = """\
- name: Serve | Stop Ansible itself
  hosts: all
  gather_facts: false
  strategy: no_such_strategy
"""

pytestmark = pytest.mark.slow


def run_playbook(
    directory: Path, *plays: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    inventory = directory / "inventories" / "lab"
    inventory.mkdir(parents=True)
    (inventory / "hosts.ini").write_text(INVENTORY)
    (directory / "site.yml").write_text("".join(plays))
    return subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", inventory, "site.yml"],
        cwd=directory,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_CALLBACKS_ENABLED": "baremetal.sglang.timeline",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_a_run_that_succeeds_is_written_and_printed(tmp_path: Path) -> None:
    done = run_playbook(tmp_path, FIRST_PLAY, RESCUED_PLAY)
    path = tmp_path / "artifacts" / "lab" / "timeline.json"
    written = read(path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (written["schema"], written["playbook"], written["inventory"]) == (1, "site.yml", "lab")
    assert written["result"] == "ok"
    assert [
        (row["name"], row["tasks"], row["changed"], row["failed"], row["result"])
        for row in written["phases"]
    ] == [("preflight", 1, 2, 0, "changed"), ("hosts", 2, 0, 0, "ok")]
    assert {row["name"] for row in written["slowest_tasks"]} == {"Show a value", "Fail", "Go on"}
    assert sorted(written["hosts"]) == ["one", "two"]
    assert "preflight begins" in done.stdout
    assert "1 tasks, 2 changed, 0 failed, 0 unreachable" in done.stdout
    assert "TIMELINE" in done.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["timeline.json"]


def test_a_run_that_fails_is_written_without_values(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "run.json"
    done = run_playbook(
        tmp_path, FIRST_PLAY, FAILING_PLAY, BAREMETAL_SGLANG_TIMELINE_REPORT_PATH=str(target)
    )
    written = read(target)

    assert done.returncode == 2
    assert VALUE in done.stdout  # Ansible's own output shows it, so it could have leaked
    assert VALUE not in target.read_text()
    assert written["result"] == "failed"
    assert written["phases"][1]["name"] == "serve"
    assert (written["phases"][1]["failed"], written["phases"][1]["result"]) == (1, "failed")
    assert written["hosts"]["two"]["failures"] == 1


def test_a_run_in_which_ansible_itself_stops_is_written_as_aborted(tmp_path: Path) -> None:
    done = run_playbook(tmp_path, FIRST_PLAY, BROKEN_PLAY)
    written = read(tmp_path / "artifacts" / "lab" / "timeline.json")

    assert done.returncode != 0
    assert written["result"] == "aborted"
    assert [row["name"] for row in written["phases"]] == ["preflight", "serve"]


def test_a_path_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_playbook(
        tmp_path,
        FIRST_PLAY,
        BAREMETAL_SGLANG_TIMELINE_REPORT_PATH=str(tmp_path / "file" / "run.json"),
    )
    assert done.returncode == 0
    assert "was not written: " in " ".join(done.stderr.split())
