"""A site whose hosts are network namespaces of this machine: Ansible's modules run in them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.shaped_network import ShapedNetwork, run, shape

ROOT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 600
# Mbit/s of a link: little enough that a busy machine keeps up.
MEGABITS = 40
RACKS = {"gpu1": "a", "gpu2": "a", "gpu3": "b", "gpu4": "b"}


@dataclass(frozen=True)
class NamespaceSite:
    """The site; ``directory`` takes its inventory and its artifacts."""

    network: ShapedNetwork
    directory: Path

    @property
    def inventory(self) -> Path:
        return self.directory / "inventories" / "fabric"

    @property
    def report(self) -> dict[str, Any]:
        """What the last run wrote."""
        path = self.directory / "artifacts" / "fabric" / "fabric-gate.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def write(self, **site: Any) -> None:
        """Write the inventory; a host's Python is one that enters the host's namespace."""
        self.inventory.mkdir(parents=True)
        hosts = {name: self._host(name) for name in self.network.hosts}
        every = {
            "ansible_connection": "local",
            "site_hardware": {"tcp_gbps": MEGABITS / 1000},
            "site_fabric_seconds": 2,
            # TCP's own share of a link that is shaped by its frames, on a busy machine.
            "site_fabric_limits": {"tcp_percent": 75.0},
            **site,
        }
        groups = {
            "serving": {"hosts": dict.fromkeys(hosts)},
            "workers": {"hosts": dict.fromkeys(hosts)},
            "control_plane": {"hosts": {"gpu1": None}},
            "mirror": {"hosts": {"gpu1": None}},
        }
        inventory = {"all": {"hosts": hosts, "vars": every, "children": groups}}
        (self.inventory / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def play(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook of the collection."""
        argv = ["ansible-playbook", f"baremetal.sglang.{name}", "-i", str(self.inventory)]
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
        return subprocess.run(
            [*argv, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def set_rate(self, host: str, megabits: float) -> None:
        """Shape both ends of a host's link."""
        there = self.network.command(host, ["tc", "qdisc", "replace", "dev", "eth0", "root"])
        here = ["ip", "netns", "exec", f"{self.network.prefix}-core", "tc", "qdisc", "replace"]
        rate = shape(megabits * 1e6 / 8)
        run([*there, *rate])
        run([*here, "dev", f"to-{host}", "root", *rate])

    def programs(self) -> list[str]:
        """What still runs on the hosts."""
        found = []
        for host in self.network.hosts:
            listed = run(["ip", "netns", "pids", f"{self.network.prefix}-{host}"]).split()
            found += [Path("/proc", number, "comm").read_text().strip() for number in listed]
        return found

    def _host(self, name: str) -> dict[str, Any]:
        python = self.directory / f"python-of-{name}"
        enter = " ".join(self.network.command(name, ["/usr/bin/python3"]))
        python.write_text(f'#!/bin/sh\nexec {enter} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        address = self.network.address(name)
        return {
            "ansible_host": address,
            "ansible_python_interpreter": str(python),
            "site_rack": RACKS[name],
        }


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {name: host["status"] for name, host in report["hosts"].items()}


def recap(output: str) -> dict[str, dict[str, int]]:
    """Counts of the play recap by host."""
    rows = re.findall(r"^(\S+)\s+: (ok=.*)$", output, re.MULTILINE)
    return {
        host: {key: int(count) for key, count in re.findall(r"(\w+)=(\d+)", counts)}
        for host, counts in rows
    }
