"""Real boots: labs of the tests' own beside whatever else runs on the machine. Needs root."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab_hosts import machine

ROOT = Path(__file__).resolve().parents[2]
CLI = [sys.executable, "-m", "lab.hosts"]


@dataclass(frozen=True)
class BootedLab:
    """A lab file and the command line over it."""

    name: str
    file: Path
    hosts: tuple[str, ...]

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        argv = [*CLI, command, "--lab", str(self.file), *arguments]
        return subprocess.Popen(
            argv, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, command: str, *arguments: str, status: int = 0) -> str:
        process = self.start(command, *arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, out + err
        return out + err

    def on(self, host: str, script: str, *, status: int = 0) -> str:
        return self.run("exec", host, "--", "sh", "-c", script, status=status).strip()

    def states(self) -> dict[str, str]:
        return {host["name"]: host["state"] for host in self.status()["hosts"]}

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json"))
        return found

    def traces(self) -> dict[str, list[str]]:
        return machine.traces(self.name, self.hosts)


MakeLab = Callable[..., BootedLab]


@pytest.fixture(scope="module")
def make_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeLab]:
    """Return a maker of lab files; every lab made is taken down at the end of the module."""
    made: list[BootedLab] = []

    def make(name: str, network: int, **hosts: dict[str, Any]) -> BootedLab:
        prefix = f"10.79.{network}"
        entries = [
            {"name": host, "address": f"{prefix}.{11 + n}", "base": "trixie", **extra}
            for n, (host, extra) in enumerate(hosts.items())
        ]
        file = tmp_path_factory.mktemp(name) / "lab.yml"
        file.write_text(
            yaml.safe_dump({"name": name, "network": f"{prefix}.0/24", "hosts": entries})
        )
        lab = BootedLab(name, file, tuple(hosts))
        lab.run("down")
        made.append(lab)
        return lab

    yield make
    for lab in made:
        if lab.file.exists():
            lab.run("down")
