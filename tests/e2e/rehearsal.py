"""Drive a lab and the site playbook as a person does: by their commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "inventories" / "lab"
ARTIFACTS = ROOT / "artifacts" / "lab"
HOSTS = ("cp1", "node1", "node2")
SERVING_ADDRESS = "10.79.0.12"


@dataclass(frozen=True)
class Run:
    """One run of ansible-playbook: exit status, duration in seconds, output, hosts' statistics."""

    status: int
    seconds: float
    output: str
    changed: dict[str, int]


def lab(*arguments: str) -> str:
    """Run `python -m lab.hosts ARGUMENTS` and return its stdout; raise on failure."""
    done = subprocess.run(
        [sys.executable, "-m", "lab.hosts", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise AssertionError(f"lab.hosts {arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def on(host: str, *argv: str) -> str:
    """Run a command on a host of the lab and return its stdout; raise on failure."""
    return lab("exec", host, "--", *argv)


def fresh_lab() -> None:
    """Throw the hosts away and boot bare ones."""
    lab("down")
    lab("up")


def start(playbook: str, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
    """Start a playbook of the installed collection in a process group of its own."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        return subprocess.Popen(
            ["ansible-playbook", f"baremetal.sglang.{playbook}", "-i", str(INVENTORY), *arguments],
            cwd=ROOT,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        )


def play(playbook: str, *arguments: str, log: Path, timeout: float = 1500) -> Run:
    """Run a playbook to its end."""
    begin = time.monotonic()
    process = start(playbook, *arguments, log=log)
    status = process.wait(timeout=timeout)
    output = log.read_text(errors="replace")
    return Run(status, time.monotonic() - begin, output, changed_hosts(output))


def play_until(
    condition: Callable[[], bool], playbook: str, *, log: Path, timeout: float = 900
) -> None:
    """Run a playbook and kill -9 it, with all its children, once the condition holds."""
    process = start(playbook, log=log)
    deadline = time.monotonic() + timeout
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(
                f"the condition never held; exit {process.poll()}: {log.read_text()[-3000:]}"
            )
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def changed_hosts(output: str) -> dict[str, int]:
    """Read the number of changes of each host from the recap of a run."""
    recap = output.rpartition("PLAY RECAP")[2]
    counts = {}
    for line in recap.splitlines():
        name, _, rest = line.partition(":")
        if "changed=" in rest:
            counts[name.strip()] = int(rest.split("changed=")[1].split()[0])
    return counts


def report() -> dict[str, Any]:
    """The report that the verification of the last run wrote."""
    content: dict[str, Any] = json.loads((ARTIFACTS / "report.json").read_text())
    return content


def kubectl(*arguments: str) -> dict[str, Any]:
    """Ask the API server through kubectl on the control plane; the answer as an object."""
    text = on(
        "cp1", "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", *arguments, "--output=json"
    )
    content: dict[str, Any] = json.loads(text)
    return content


def plan() -> dict[str, Any]:
    """The plan of the lab."""
    content: dict[str, Any] = yaml.safe_load((INVENTORY / "plan.yml").read_text())
    return content


def host_state(host: str) -> dict[str, str]:
    """What a host has: its package list and a checksum of each file of /etc."""
    packages = on(host, "dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Status}\n")
    files = on(host, "find", "/etc", "-type", "f", "-exec", "sha256sum", "{}", "+")
    links = on(host, "find", "/etc", "-type", "l", "-printf", "%p -> %l\n")
    return {
        "packages": "\n".join(sorted(packages.splitlines())),
        "etc": "\n".join(sorted((files + links).splitlines())),
    }


def difference(before: str, after: str) -> Sequence[str]:
    """Lines that only one of two texts has, marked - and +."""
    old, new = set(before.splitlines()), set(after.splitlines())
    return [f"- {line}" for line in sorted(old - new)] + [f"+ {line}" for line in sorted(new - old)]
