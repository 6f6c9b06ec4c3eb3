"""Progress while the module runs: read over the connection, shown per node, silent otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.baremetal.sglang.plugins.action.model_weights import Watcher

from tests.unit.plugins.module_utils.weights.bench import Fault, make_model, web_server

ROOT = Path(__file__).resolve().parents[4]


class ShellConnection:
    """Runs commands on this machine; fails while `broken`."""

    def __init__(self) -> None:
        self.broken = False

    def exec_command(self, command: str, sudoable: bool) -> tuple[int, bytes, bytes]:
        assert not sudoable
        if self.broken:
            raise AnsibleConnectionFailure("gone")
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr


def watch(connection: ShellConnection, path: Path, lines: int) -> list[str]:
    """What is shown until there are so many lines, or half a second has passed."""
    shown: list[str] = []
    enough = threading.Event()

    def show(line: str) -> None:
        shown.append(line)
        if len(shown) >= lines:
            enough.set()

    with Watcher(connection, str(path), show, period=0.01):
        enough.wait(0.5)
    return shown


def test_figures_become_lines(tmp_path: Path) -> None:
    path = tmp_path / "a b"
    path.write_text(json.dumps({"fetched_bytes": 2**30, "total_bytes": 2**31, "retries": 0}))
    first, second = watch(ShellConnection(), path, 2)[:2]
    assert first.startswith("1.00 of 2.00 GiB, ")
    assert second == "1.00 of 2.00 GiB, 0.000 GiB/s, no byte since the last line"


@pytest.mark.parametrize("content", [None, "", "{"])
def test_without_figures_nothing_is_shown(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "p").write_text(content)
    assert watch(ShellConnection(), tmp_path / "p", 1) == []


def test_a_connection_that_breaks_does_not_break_the_run(tmp_path: Path) -> None:
    connection = ShellConnection()
    connection.broken = True
    assert watch(connection, tmp_path / "p", 1) == []


@pytest.mark.slow
def test_a_run_through_ansible_shows_its_progress_and_keeps_the_modules_result(
    tmp_path: Path,
) -> None:
    model = make_model(tmp_path / "source")
    with web_server(model.path) as server:
        # Some 12 s: two periods.
        server.faults["model-00001-of-00002.safetensors"] = [Fault("trickle", 160)]
        arguments = f"name=m destination={tmp_path / 'models'} source={server.url}"
        done = subprocess.run(
            [
                *(Path(sys.executable).parent / "ansible", "localhost"),
                *("-m", "baremetal.sglang.model_weights", "-a", arguments),
            ],
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
                "ANSIBLE_CONFIG": "",
                "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert "localhost: 0.00 of 0.00 GiB, " in done.stdout
    assert '"verified": true' in done.stdout
