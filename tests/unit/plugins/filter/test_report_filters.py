"""The filters of the report inside Ansible's own templating."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.filter.closing_report import closing_report
from ansible_collections.baremetal.sglang.plugins.filter.report_json import report_json

ROOT = Path(__file__).resolve().parents[4]
REPORT: dict[str, Any] = {
    "endpoint": {"url": "http://10.79.0.11:30080", "model": "smollm2"},
    "question": "{{ asked }}",
    "answer": "Paris.",
    "tokens_per_second": 12.5,
    "weights": {"source_bytes": 0, "model_bytes": 0, "wrong": [], "nodes": []},
    "startup": {"seconds": 23.5, "load_seconds": 1.25},
    "ranks": [{"rank": 0, "pod": "smollm2-0", "host": "node1", "node_ip": "10.79.0.12"}],
    "parts": [],
    "phases": [],
    "next_commands": [],
    "warnings": [],
    "versions": {},
}


@pytest.mark.parametrize("function", [closing_report, report_json])
def test_faulty_input_is_a_filter_error(function: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="report: answer: is missing"):
        function({key: value for key, value in REPORT.items() if key != "answer"})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["closing_report", "report_json"])
def test_a_play_renders_templated_data(tmp_path: Path, name: str) -> None:
    play = {
        "name": "Render",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "asked": "Which city?",
            "report": REPORT,
        },
        "tasks": [
            {
                "name": "Write",
                "ansible.builtin.copy": {
                    "content": f"{{{{ report | baremetal.sglang.{name} }}}}",
                    "dest": str(tmp_path / "out"),
                    "mode": "0600",
                },
            }
        ],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "play.yml"],
        cwd=tmp_path,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        },
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = (tmp_path / "out").read_text()
    assert "Which city?" in written
    assert "{{" not in written
