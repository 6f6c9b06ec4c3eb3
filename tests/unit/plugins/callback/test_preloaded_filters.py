"""The callback in a process of its own, as Ansible has it before it forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
CALLBACK = "baremetal.sglang.preloaded_filters"
# What a fork still has to import for one filter, with and without the callback.
IMPORTS = """
import json, sys
from ansible.plugins.loader import callback_loader, filter_loader, init_plugin_loader
init_plugin_loader()
if {preloaded}:
    callback_loader.get("baremetal.sglang.preloaded_filters").v2_playbook_on_start(None)
before = set(sys.modules)
found = filter_loader.get("baremetal.sglang.report_json").ansible_name
print(json.dumps([found, len(set(sys.modules) - before)]))
"""

pytestmark = pytest.mark.slow


def run(*argv: str) -> str:
    collections = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    done = subprocess.run(
        argv,
        env={**os.environ, **collections, "ANSIBLE_CALLBACKS_ENABLED": CALLBACK},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


def imports(*, preloaded: bool) -> tuple[str, int]:
    found, number = json.loads(run(sys.executable, "-c", IMPORTS.format(preloaded=preloaded)))
    return found, number


def test_a_fork_imports_nothing_for_a_filter() -> None:
    assert imports(preloaded=True) == ("baremetal.sglang.report_json", 0)


def test_without_it_a_fork_imports_what_all_filters_need() -> None:
    assert imports(preloaded=False)[1] > 100


def test_ansible_takes_it_and_it_prints_nothing() -> None:
    ansible = str(Path(sys.executable).parent / "ansible")
    shown = run(ansible, "localhost", "-m", "ansible.builtin.debug", "-a", "msg=hello")
    assert "hello" in shown
    assert "preloaded_filters" not in shown
