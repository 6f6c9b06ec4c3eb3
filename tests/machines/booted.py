"""The machines of lab.yml, driven by the commands that a person uses, and a site on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.hosts.paths import Cache

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LAB = HERE / "lab.yml"
GROUPS = {"mirror": ["vm1"], "control_plane": ["vm1"], "workers": ["vm2"], "serving": ["vm2"]}
# A machine without acceleration answers late; the longest command installs packages.
COMMAND_SECONDS = 1800
SSH_OPTIONS = "-o StrictHostKeyChecking=yes -o ConnectTimeout=60"
MODEL = "smollm2-135m-instruct"
PLAN = {
    "schema": 1,
    "inventory": "machines",
    "model": {"name": MODEL, "format": "bfloat16"},
    "engine": {"part": "sglang-cpu"},
    "layout": {"tensor_parallel": 1, "pipeline_parallel": 1, "data_parallel": 1},
    "groups": [{"name": "smollm2", "ranks": [{"rank": 0, "host": "vm2", "gpus": []}]}],
    "arguments": ["--device", "cpu"],
    "environment": {},
    "ports": {"serving": 30000, "distributed": 20000},
    "resources": {"cpu": "500m", "memory_gib": 1},
    "shared_memory_mib": 256,
    "startup_seconds": 900,
}


@dataclass(frozen=True)
class Booted:
    """The machines that run, as ``status --json`` tells."""

    status: dict[str, Any]

    @property
    def addresses(self) -> dict[str, str]:
        """Machine name -> address."""
        return {machine["name"]: machine["address"] for machine in self.status["machines"]}

    def on(self, machine: str, script: str, *, check: bool = True) -> str:
        """Run a shell script on a machine as root; return its stdout."""
        return command("exec", machine, "--", "sh", "-ec", script, check=check).strip()

    def write_inventory(self, directory: Path) -> Path:
        """Write a site on these machines, with the bundle that the first one sees."""
        login = {
            "ansible_user": "root",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_private_key_file": self.status["ssh_key"],
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.status['known_hosts']} "
            f"{SSH_OPTIONS}",
            "ansible_timeout": 60,
        }
        site = {
            "site_bundle_path": "/srv/bundle",
            "site_model": MODEL,
            "site_plan_file": str(directory / "plan.yml"),
            "site_artifacts": str(directory / "artifacts"),
        }
        inventory = {
            "all": {
                "hosts": {name: {"ansible_host": at} for name, at in self.addresses.items()},
                "vars": {**login, **site},
                "children": {
                    group: {"hosts": dict.fromkeys(members)} for group, members in GROUPS.items()
                },
            }
        }
        directory.mkdir(exist_ok=True)
        (directory / "hosts.yml").write_text(yaml.safe_dump(inventory, sort_keys=False))
        (directory / "plan.yml").write_text(yaml.safe_dump(PLAN, sort_keys=False))
        return directory


def argv(name: str, *arguments: str) -> list[str]:
    """Return the command ``python -m lab.machines`` on lab.yml."""
    return [sys.executable, "-m", "lab.machines", name, "--lab", str(LAB), *arguments]


def command(name: str, *arguments: str, check: bool = True) -> str:
    """Run ``python -m lab.machines`` on lab.yml and return its stdout."""
    done = subprocess.run(
        argv(name, *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )
    assert done.returncode == 0 or not check, f"{name} {arguments}\n{done.stdout}{done.stderr}"
    return done.stdout


def status() -> dict[str, Any]:
    """Return how the machines are."""
    found: dict[str, Any] = json.loads(command("status", "--json"))
    return found


def traces() -> list[str]:
    """Return what the lab has left on this machine, asked without any code of ``lab.machines``."""
    links = subprocess.run(["ip", "-oneline", "link"], check=True, capture_output=True, text=True)
    lines = [
        path.read_text(errors="replace").replace("\0", " ")
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.exists()
    ]
    files = Cache.from_environment().root / "machines" / "labs" / "mtests"
    return [
        *(line for line in lines if "bmm.mtests." in line),
        *(line for line in links.stdout.splitlines() if "bmm-mtests" in line),
        *(str(path) for path in [files] if path.exists()),
    ]


def ansible(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Ansible from the checkout's collection."""
    return subprocess.run(
        [program, *arguments],
        cwd=ROOT,
        env=_environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )


def start(program: str, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
    """Start a program of Ansible, as the head of a process group that writes to ``log``."""
    with log.open("wb") as stream:
        return subprocess.Popen(
            [program, *arguments],
            cwd=ROOT,
            env=_environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _environment() -> dict[str, str]:
    return {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"), **os.environ}
