"""Role model_weights with a chain: real tasks and relays, two nodes that are one machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model, WebServer, web_server
from tests.unit.plugins.module_utils.weights.bench import make_model as make
from tests.unit.plugins.module_utils.weights.relays import free_port
from tests.unit.roles.local_play import ENVIRONMENT, HOST_PYTHON

NODES = ("a", "b")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("nginx") is None, reason="wants root and nginx"
    ),
]


@dataclass
class Site:
    """Two nodes with a weights root and an address each."""

    path: Path
    model: Model
    server: WebServer

    def variables(self) -> dict[str, Any]:
        nodes = [{"name": name, "address": f"127.0.0.{n}"} for n, name in enumerate(NODES, start=2)]
        return {
            "model_weights_name": "m",
            "model_weights_source": self.server.url,
            "model_weights_transfer": "chain",
            # Its timer wants a systemd, and the nodes here are this machine.
            "model_weights_scrub": False,
            "model_weights_nodes": nodes,
            "model_weights_port": free_port(),
            "model_weights_destination": f"{self.path}/{{{{ inventory_hostname }}}}/models",
            "model_weights_relay_directory": f"{self.path}/{{{{ inventory_hostname }}}}/relay",
        }

    def play(
        self,
        *arguments: str,
        on: Sequence[str] = NODES,
        errors_are_fatal: bool = True,
        **values: Any,
    ) -> subprocess.CompletedProcess[str]:
        """The role in a play of all nodes; only those in `on` run its tasks. "store" is no node."""
        hosts = {
            name: {
                "ansible_connection": "local",
                "ansible_python_interpreter": HOST_PYTHON,
            }
            for name in (*NODES, "store")
        }
        inventory = {"all": {"hosts": hosts, "vars": {**self.variables(), **values}}}
        (self.path / "hosts.yml").write_text(yaml.safe_dump(inventory))
        playbook: list[dict[str, Any]] = [{"hosts": "all:!store", "gather_facts": False}]
        playbook[0]["any_errors_fatal"] = errors_are_fatal
        role = {"role": "baremetal.sglang.model_weights"}
        playbook[0]["roles"] = [{**role, "when": f"inventory_hostname in {list(on)}"}]
        (self.path / "play.yml").write_text(yaml.safe_dump(playbook))
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts.yml"]
        (self.path / "ansible.cfg").touch()
        return subprocess.run(
            [*command, "play.yml", *arguments],
            cwd=self.path,
            env={
                **os.environ,
                **ENVIRONMENT,
                "ANSIBLE_CONFIG": str(self.path / "ansible.cfg"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def holds(self, node: str) -> bool:
        published = self.path / node / "models" / "m"
        return all(
            (published / name).read_bytes() == (self.model.path / name).read_bytes()
            for name in self.model.names
        )


@pytest.fixture
def site() -> Iterator[Site]:
    # Not tmp_path: the relay's user has to reach the weights root.
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        path.chmod(0o755)
        model = make(path / "source")
        for name in NODES:
            (path / name).mkdir()
        with web_server(model.path) as server:
            yield Site(path, model, server)


def changed(output: str) -> list[int]:
    return [int(found) for found in re.findall(r"changed=(\d+)", output)]


def relays() -> str:
    argv = ["pgrep", "-af", "nginx"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def test_the_source_sends_each_shard_once_and_no_relay_stays(site: Site) -> None:
    first = site.play()
    assert first.returncode == 0, first.stdout + first.stderr
    assert [site.holds(node) for node in NODES] == [True, True]
    sent = Counter(name for name, _ in site.server.asked("GET"))
    assert [sent[shard] for shard in SHARDS] == [1, 1]
    assert str(site.path) not in relays()
    for node in NODES:
        assert not (site.path / node / "relay").exists()
        assert sorted(os.listdir(site.path / node / "models")) == [
            *(".lock", ".staging", "m", f"m@{site.model.digest[:12]}"),
        ]
    owners = {p.lstat().st_uid for n in NODES for p in (site.path / n / "models").rglob("*")}
    assert owners == {0}


def test_a_large_model_comes_in_rounds_and_too_few_of_them_say_what_lacks(site: Site) -> None:
    sample = 100 / 1024**3
    short = site.play(model_weights_sample_gib=sample, model_weights_rounds=1)
    assert short.returncode != 0
    assert "m is not whole on a, b after 1 rounds" in " ".join(short.stdout.split())
    assert str(site.path) not in relays()
    played = site.play(model_weights_sample_gib=sample)
    assert played.returncode == 0, played.stdout + played.stderr
    assert [site.holds(node) for node in NODES] == [True, True]
    assert played.stdout.count("Plan the round") == 2
    assert played.stdout.count("Read the configuration of this round") == 2
    sent = Counter(name for name, _ in site.server.asked("GET"))
    assert [sent[shard] for shard in SHARDS] == [1, 1]
    assert "source: sent 0.00 GiB, 1.00 times the model" in played.stdout
    assert "from a" in played.stdout, played.stdout
    assert str(site.path) not in relays()


def test_a_play_may_bring_the_weights_to_some_of_its_hosts(site: Site) -> None:
    played = site.play(on=["b"], model_weights_transfer="direct")
    assert played.returncode == 0, played.stdout + played.stderr
    assert [(site.path / node / "models" / "m").exists() for node in NODES] == [False, True]
    assert "source: sent 0.00 GiB, 1.00 times the model" in played.stdout


def test_a_run_that_fails_leaves_no_relay(site: Site) -> None:
    site.model.flip(SHARDS[0])
    failed = site.play(model_weights_retries=0)
    assert failed.returncode != 0
    assert "the list needs" in failed.stdout
    assert str(site.path) not in relays()
    assert not (site.path / "a" / "relay").exists()


@pytest.mark.parametrize(
    ("values", "arguments", "found"),
    [
        (
            {"model_weights_nodes": [{"name": "a", "address": "127.0.0.2"}]},
            (),
            "b: model_weights_",
        ),
        (
            {"model_weights_source": "file:///srv/m"},
            (),
            "needed this node once among them and a source",
        ),
        ({}, ("--forks", "1"), "Ansible has 1 forks, the chain has 2 nodes"),
    ],
)
def test_a_chain_that_cannot_be_is_refused_before_the_first_change(
    site: Site, values: dict[str, Any], arguments: tuple[str, ...], found: str
) -> None:
    refused = site.play(*arguments, **values)
    assert refused.returncode != 0
    assert found in " ".join(refused.stdout.split())
    assert [os.listdir(site.path / node) for node in NODES] == [[], []]


def test_a_check_run_changes_nothing(site: Site) -> None:
    checked = site.play("--check")
    assert checked.returncode == 0, checked.stdout
    assert [os.listdir(site.path / node) for node in NODES] == [[], []]
