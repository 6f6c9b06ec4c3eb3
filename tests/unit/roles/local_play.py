"""A play of some tasks with this machine as its only host, node1."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
# What a host has. The interpreter of the tests starts a quarter slower: it has packages to look at.
HOST_PYTHON = "/usr/bin/python3"

# Pipelining and loaded filters are for the tests' time: these plays are many.
ENVIRONMENT = {
    "ANSIBLE_CALLBACKS_ENABLED": "baremetal.sglang.preloaded_filters",
    "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_PIPELINING": "1",
}


def run_tasks(
    directory: Path, tasks: Sequence[Mapping[str, Any]], given: Mapping[str, Any], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the tasks with the variables ``given``; the play's files lie in ``directory``."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": HOST_PYTHON}
    play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks)}
    files = {
        "hosts.yml": {"all": {"hosts": {"node1": host}}},
        "given.yml": dict(given),
        "play.yml": [play],
    }
    for name, content in files.items():
        (directory / name).write_text(yaml.safe_dump(content))
    (directory / "ansible.cfg").touch()
    program = str(Path(sys.executable).parent / "ansible-playbook")
    return subprocess.run(
        [program, "-i", "hosts.yml", "play.yml", "-e", "@given.yml", *arguments],
        cwd=directory,
        env={**os.environ, **ENVIRONMENT, "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
