"""A lab of its own with an inventory of its own, driven by the commands that a person uses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.hosts import definition

ROOT = Path(__file__).resolve().parents[1]
INVENTORY = ROOT / "inventories" / "lab"
DEFAULT_LAB = ROOT / "lab" / "labs" / "default.yml"
ENGINE_PODS = "--selector=leaderworkerset.sigs.k8s.io/name"


@dataclass(frozen=True)
class Run:
    """One run of ansible-playbook: exit status, duration in seconds, output, changes per host."""

    status: int
    seconds: float
    output: str
    changed: dict[str, int]


@dataclass(frozen=True)
class Site:
    """The lab of a lab file and an inventory below ``directory`` that names its hosts."""

    lab_file: Path
    directory: Path

    @property
    def inventory(self) -> Path:
        return self.directory / "inventories" / "lab"

    @property
    def artifacts(self) -> Path:
        """Where the playbooks of this inventory write, by the site role's default."""
        return self.directory / "artifacts" / "lab"

    @property
    def logs(self) -> Path:
        """Where the output of the runs is kept."""
        return self.directory / "artifacts" / "logs"

    @property
    def addresses(self) -> dict[str, str]:
        """Host name -> address."""
        return {host.name: str(host.address) for host in definition.load(self.lab_file).hosts}

    def write_inventory(self) -> None:
        """Copy inventories/lab with the addresses and the known hosts of this lab."""
        shutil.rmtree(self.inventory, ignore_errors=True)
        shutil.copytree(INVENTORY, self.inventory)
        lab, default = definition.load(self.lab_file), definition.load(DEFAULT_LAB)
        own = self.addresses
        changes = {str(host.address): own[host.name] for host in default.hosts}
        changes[f"/labs/{default.name}/"] = f"/labs/{lab.name}/"
        for path in self.inventory.rglob("*.yml"):
            text = path.read_text(encoding="utf-8")
            for old, new in changes.items():
                text = text.replace(old, new)
            path.write_text(text, encoding="utf-8")

    def lab(self, command: str, *arguments: str, timeout: float = 300) -> str:
        """Run a command of lab.hosts on this lab and return its stdout; raise on failure."""
        argv = [sys.executable, "-m", "lab.hosts", command, "--lab", str(self.lab_file), *arguments]
        done = subprocess.run(
            argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout
        )
        if done.returncode != 0:
            raise AssertionError(f"lab.hosts {command} {arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def on(self, host: str, script: str, timeout: float = 300) -> str:
        """Run a shell script on a host as root and return its stdout; raise on failure."""
        return self.lab("exec", host, "--", "sh", "-c", script, timeout=timeout)

    def wait_on(
        self, host: str, condition: str, during: subprocess.Popen[bytes], timeout: float = 600
    ) -> None:
        """Wait, on the host itself, until a shell condition holds while a run goes on.

        Raises AssertionError when the run ends before, or after ``timeout`` seconds.
        """
        script = f"until {condition}; do sleep 0.05; done"
        argv = [sys.executable, "-m", "lab.hosts", "exec", "--lab", str(self.lab_file), host, "--"]
        limit = ["timeout", f"{timeout:.0f}", "sh", "-c", script]
        waiting = subprocess.Popen([*argv, *limit], cwd=ROOT, stdout=subprocess.DEVNULL)
        while waiting.poll() is None:
            if during.poll() is not None:
                waiting.kill()
                waiting.wait()
                raise AssertionError(f"the run ended with {during.returncode} before: {condition}")
            time.sleep(0.05)
        if waiting.returncode != 0:
            raise AssertionError(f"{host}: not within {timeout:.0f} s: {condition}")

    def start(
        self, playbook: str, *arguments: str, log: str
    ) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a playbook of the installed collection in a process group of its own."""
        path = self.logs / f"{log}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        inventory = ["-i", str(self.inventory)]
        with path.open("wb") as stream:
            process = subprocess.Popen(
                ["ansible-playbook", f"baremetal.sglang.{playbook}", *inventory, *arguments],
                cwd=ROOT,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
            )
        return process, path

    def play(self, playbook: str, *arguments: str, log: str, timeout: float = 1500) -> Run:
        """Run a playbook to its end."""
        begin = time.monotonic()
        process, path = self.start(playbook, *arguments, log=log)
        try:
            status = process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            kill(process)
            raise
        output = path.read_text(errors="replace")
        return Run(status, time.monotonic() - begin, output, changed_hosts(output))

    def play_killed(
        self,
        reached: Callable[[subprocess.Popen[bytes], Path], None],
        *arguments: str,
        log: str,
    ) -> None:
        """Run the site; kill -9 it with its children once ``reached(run, log)`` returned."""
        begin = time.monotonic()
        process, path = self.start("site", *arguments, log=log)
        try:
            reached(process, path)
            ended = process.poll()
        finally:
            kill(process)
        if ended is not None:
            raise AssertionError(f"the run ended with {ended}: {path.read_text()[-3000:]}")
        print(f"\n{log} after {time.monotonic() - begin:.0f} s")

    def kubectl(self, *arguments: str) -> dict[str, Any]:
        """Ask the API server through kubectl on the control plane; the answer as an object."""
        argv = " ".join(["kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", *arguments])
        content: dict[str, Any] = json.loads(self.on("cp1", f"{argv} --output=json"))
        return content

    def ready_pods(self) -> dict[str, str]:
        """Name -> uid of the engine's pods that are ready."""
        pods = self.kubectl("get", "pods", "--namespace=serving", ENGINE_PODS)["items"]
        return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods if is_ready(pod)}

    def report(self) -> dict[str, Any]:
        """The report that the verification of the last run wrote."""
        content: dict[str, Any] = json.loads((self.artifacts / "report.json").read_text())
        return content


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process group; one that is already gone is no fault."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether a pod has the condition Ready."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)


def changed_hosts(output: str) -> dict[str, int]:
    """Read the number of changes of each host from the recap of a run."""
    counts = {}
    for line in output.rpartition("PLAY RECAP")[2].splitlines():
        name, _, rest = line.partition(":")
        if "changed=" in rest:
            counts[name.strip()] = int(rest.split("changed=")[1].split()[0])
    return counts


def said(output: str) -> str:
    """The output with each run of white space as one blank: Ansible folds long messages."""
    return " ".join(output.split())
