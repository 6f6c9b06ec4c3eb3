"""Role model_weights: what it installs for the scrub, by its real tasks on this machine.

There is no systemd here, so what starts the timer is left to molecule.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.secrets.scanner import find_secrets
from tests.unit.plugins.module_utils.weights.bench import SHARDS, make_model, run
from tests.unit.plugins.module_utils.weights.scrubs import rot, state
from tests.unit.roles.local_play import ENVIRONMENT, HOST_PYTHON

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the role gives its files to root"),
]


class Node:
    """A node's directories below one of the test's own, and the role's tasks on them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model = make_model(path / "source")
        self.models = path / "models"
        self.units = path / "units"
        self.units.mkdir()
        self.service = self.units / "baremetal-sglang-weights-scrub-m.service"
        self.timer = self.units / "baremetal-sglang-weights-scrub-m.timer"
        self.configuration = path / "etc" / "m.json"
        self.program = path / "lib" / "weights-scrub.pyz"
        self.metrics = path / "textfile" / "baremetal_sglang_weights_m.prom"

    def variables(self) -> dict[str, Any]:
        return {
            "ansible_python_interpreter": HOST_PYTHON,
            "model_weights_name": "m",
            "model_weights_source": self.model.url,
            "model_weights_destination": str(self.models),
            "model_weights_metrics_directory": str(self.metrics.parent),
            "__model_weights_units_directory": str(self.units),
            "__model_weights_scrub_program": str(self.program),
            "__model_weights_scrub_configuration": str(self.configuration),
        }

    def play(self, *arguments: str, **values: Any) -> int:
        """Write the scrub's files; returns how many tasks changed something."""
        return self.run("scrub_files", *arguments, **values)

    def run(self, tasks: str, *arguments: str, **values: Any) -> int:
        """Run tasks of the role; returns how many changed something."""
        task = {"name": "baremetal.sglang.model_weights", "tasks_from": f"{tasks}.yml"}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
        content = [{**play, "tasks": [{"ansible.builtin.include_role": task}]}]
        (self.path / "play.yml").write_text(yaml.safe_dump(content))
        (self.path / "vars.yml").write_text(yaml.safe_dump({**self.variables(), **values}))
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "ansible-playbook"),
                *("play.yml", "-e", "@vars.yml", *arguments),
            ],
            cwd=self.path,
            env={**os.environ, **ENVIRONMENT, "ANSIBLE_LOCALHOST_WARNING": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return int(re.findall(r"changed=(\d+)", done.stdout)[0])

    def start(self) -> subprocess.CompletedProcess[str]:
        """What systemd would start."""
        (line,) = re.findall(r"^ExecStart=(.+)$", self.service.read_text(), re.MULTILINE)
        return subprocess.run(line.split(), capture_output=True, text=True, check=False, env={})


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Node(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def checked(bare: Node) -> tuple[int, set[str]]:
    """How many tasks a check run says would change something, and what it left."""
    before = set(bare.path.rglob("*"))
    return bare.play("--check"), {path.name for path in set(bare.path.rglob("*")) - before}


@pytest.fixture(scope="module")
def node(bare: Node, checked: tuple[int, set[str]]) -> Node:
    assert bare.play() == checked[0]
    return bare


def test_a_check_run_on_a_clean_host_changes_nothing(checked: tuple[int, set[str]]) -> None:
    assert checked == (5, {"play.yml", "vars.yml"})


def test_a_second_run_changes_nothing(node: Node) -> None:
    assert node.play() == 0


def test_what_is_installed_repairs_a_file_and_writes_the_metrics(node: Node) -> None:
    run(node.models, node.model.url)
    rot(node.models / "m" / SHARDS[0])
    done = node.start()
    assert (done.returncode, done.stderr) == (0, "")
    published = node.models / "m"
    assert (published / SHARDS[0]).read_bytes() == (node.model.path / SHARDS[0]).read_bytes()
    assert state(node.models, node.model.version)["repaired"] == 1
    assert 'weights_scrub_repaired_total{model="m"' in node.metrics.read_text()


def test_systemd_takes_the_units_and_finds_the_service_confined(node: Node) -> None:
    names = [str(node.service), str(node.timer)]
    verified = subprocess.run(
        ["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=40", str(node.service)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-500:]


def test_the_service_gives_way_and_writes_where_it_must_alone(node: Node) -> None:
    text = node.service.read_text()
    for line in (
        *("Nice=19", "IOSchedulingClass=idle", "ProtectSystem=strict"),
        f"ReadWritePaths={node.models} {node.metrics.parent}",
    ):
        assert f"\n{line}\n" in text
    timer = node.timer.read_text()
    assert "\nOnCalendar=weekly\n" in timer
    assert "\nRandomizedDelaySec=21600\n" in timer


def test_neighbours_are_asked_before_the_source_and_metrics_can_be_left_out(node: Node) -> None:
    neighbour = "http://node2/models/m"
    changed = node.play(model_weights_scrub_sources=[neighbour], model_weights_metrics_directory="")
    assert changed == 2
    found = json.loads(node.configuration.read_text())
    assert found["sources"] == [neighbour, node.model.url]
    assert (found["bytes_per_second"], found["metrics_directory"]) == (100_000_000, "")
    assert f"\nReadWritePaths={node.models}\n" in node.service.read_text()


@pytest.mark.parametrize(
    "secret",
    ["model_weights_source_token", "model_weights_source_access_key"],
)
def test_a_source_that_wants_credentials_is_not_asked_and_they_are_not_written(
    tmp_path: Path, secret: str
) -> None:
    node = Node(tmp_path)
    node.play(**{secret: "5eed" * 8, "model_weights_scrub_sources": ["http://node2/m"]})
    assert json.loads(node.configuration.read_text())["sources"] == ["http://node2/m"]
    (tmp_path / "vars.yml").unlink()
    assert find_secrets([tmp_path], {secret: "5eed" * 8}) == ()


def test_a_removal_that_was_killed_is_ended_and_another_model_keeps_the_program(
    tmp_path: Path,
) -> None:
    node = Node(tmp_path)
    node.play()
    node.timer.unlink()
    node.service.unlink()
    other = node.configuration.with_name("other.json")
    other.write_text("{}")
    assert node.run("scrub_absent") == 1
    assert (node.configuration.exists(), node.program.exists(), other.exists()) == (0, 1, 1)
    assert node.run("scrub_absent") == 0
    other.rename(node.configuration)
    assert node.run("scrub_absent") == 2
    assert not node.configuration.parent.exists()
    assert not node.program.parent.exists()
    assert node.run("scrub_absent") == 0
