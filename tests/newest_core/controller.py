"""The lab host that runs Ansible: what it is given, and how its commands are started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.hosts.definition import load
from lab.hosts.paths import Cache
from tests.lab_driver import ROOT, Run, Site, changed_hosts
from tests.newest_core import packages

HOST = "controller"
WORK = "/root/site"
PACKAGES = "/opt/ansible"
CACHE = "/root/.cache/baremetal-sglang"  # where the inventory looks for the key and known hosts


@dataclass(frozen=True)
class Controller:
    """The host ``controller`` of a site's lab."""

    site: Site

    def prepare(self) -> None:
        """Bring what a person's controller has: Ansible, the collection, inventory and ssh key."""
        cache = Cache.from_environment()
        lab = load(self.site.lab_file).name
        self.site.write_inventory()
        collection = self._build_collection()
        self.put(packages.install(cache), ["."], PACKAGES)
        self.put(ROOT, ["ansible.cfg"], WORK)
        self.put(self.site.directory, ["inventories", collection.name], WORK)
        self.put(cache.root, ["ssh", f"labs/{lab}/known_hosts"], CACHE)
        options = ["--offline", "--no-deps", "--force"]
        self.ansible("galaxy", "collection", "install", *options, collection.name)

    def put(self, directory: Path, names: Sequence[str], target: str) -> None:
        """Copy files and directories below ``directory`` to ``target`` on the host.

        Raises CalledProcessError.
        """
        packing = ["tar", "--create", f"--directory={directory}", *names]
        unpack = 'mkdir -p "$0" && tar --extract --no-same-owner --directory="$0"'
        with subprocess.Popen(packing, stdout=subprocess.PIPE) as packer:
            unpacking = [*self._reach(), "sh", "-c", unpack, target]
            subprocess.run(unpacking, cwd=ROOT, stdin=packer.stdout, check=True)
        if packer.returncode:
            raise subprocess.CalledProcessError(packer.returncode, packing)

    def ansible(self, program: str, *arguments: str) -> str:
        """Run a program of ansible-core (galaxy, adhoc ...) and return its output.

        Raises CalledProcessError.
        """
        argv = self._argv(program, arguments)
        done = subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def play(self, playbook: str, *arguments: str, log: str, timeout: float = 2400) -> Run:
        """Run a playbook of the collection to its end, or ``timeout`` seconds."""
        begin = time.monotonic()
        path = self.site.logs / f"{log}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        options = [f"baremetal.sglang.{playbook}", "-i", "inventories/lab", *arguments]
        with path.open("wb") as stream:
            done = subprocess.run(
                self._argv("playbook", options),
                cwd=ROOT,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        output = path.read_text(errors="replace")
        return Run(done.returncode, time.monotonic() - begin, output, changed_hosts(output))

    def report(self) -> dict[str, Any]:
        """The report that the verification of the last run wrote on the controller."""
        content: dict[str, Any] = json.loads(
            self.site.on(HOST, f"cat {WORK}/artifacts/lab/report.json")
        )
        return content

    def _argv(self, program: str, arguments: Sequence[str]) -> list[str]:
        environment = [f"PYTHONPATH={PACKAGES}", "ANSIBLE_NOCOLOR=1", "LANG=C.UTF-8"]
        command = ["python3", "-m", "ansible", program, *arguments]
        return [*self._reach(), "env", f"--chdir={WORK}", *environment, *command]

    def _reach(self) -> list[str]:
        lab = str(self.site.lab_file)
        return [sys.executable, "-m", "lab.hosts", "exec", "--lab", lab, HOST, "--"]

    def _build_collection(self) -> Path:
        self.site.directory.mkdir(parents=True, exist_ok=True)
        building = ["ansible-galaxy", "collection", "build", "--force", "--output-path"]
        argv = [*building, str(self.site.directory)]
        subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        (built,) = self.site.directory.glob("baremetal-sglang-*.tar.gz")
        return built
