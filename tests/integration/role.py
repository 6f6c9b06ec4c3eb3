"""Tasks of a role, run by Ansible on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run(directory: Path, role: str, tasks: str, *options: str, **given: Any) -> str:
    """Run tasks of a role on this machine; gives all that Ansible printed, with its diffs."""
    include = {"name": f"baremetal.sglang.{role}", "tasks_from": tasks}
    play = {
        "name": "Tried",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable, **given},
        "tasks": [{"name": "Tried", "ansible.builtin.include_role": include}],
    }
    book = directory / "play.yml"
    book.write_text(json.dumps([play]))
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, "-i", "localhost,", "--diff", "-vvv", *options, str(book)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def closing(printed: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith("localhost  "))
