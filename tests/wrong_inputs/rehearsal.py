"""Hosts that are booted for the wrong inputs, and the real site playbook run against them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.hosts.paths import Cache
from tests.wrong_inputs.case import HERE, Site

ROOT = HERE.parent.parent
LAB = HERE / "lab.yml"
HOSTS = ("cp1", "node1")
BUNDLE = "/srv/bundle"
# Everything that a role could change shows in one of these.
SNAPSHOT = """
dpkg-query --show
find /etc -xdev -type f -print0 | sort -z | xargs -0 sha256sum
find /etc -xdev -type l -printf '%p %l\n' | sort
find /var/lib /opt /srv /usr/local -xdev -maxdepth 1 | sort
"""


@dataclass(frozen=True)
class Run:
    """What `ansible-playbook` printed: status, plays, changes, faults of the last report.

    `reports` counts them: preflight writes one, and another after a plan was made.
    """

    status: int
    plays: tuple[str, ...]
    changed: Mapping[str, int]
    faults: tuple[Mapping[str, str], ...]
    report: str
    output: str
    reports: int


def lab(command: str, *arguments: str) -> str:
    """Run `python -m lab.hosts` on the lab of the wrong inputs."""
    argv = [sys.executable, "-m", "lab.hosts", command, "--lab", str(LAB), *arguments]
    return subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def on_host(host: str, script: str) -> str:
    """Run a shell script on a host as root."""
    return lab("exec", host, "--", "sh", "-c", script)


def snapshot(host: str) -> str:
    """Packages, and checksums of the configuration, of a host."""
    return on_host(host, SNAPSHOT)


def base_site() -> Site:
    """base.yml, with the collection's catalogue and a manifest that carries its versions."""
    base = yaml.safe_load((HERE / "base.yml").read_text())
    parts = yaml.safe_load((ROOT / "catalogue/parts.yml").read_text())["catalogue_parts"]
    sets = yaml.safe_load((ROOT / "catalogue/sets.yml").read_text())["catalogue_sets"]
    model = base["variables"]["site_model"]
    names = sorted({*sets["core"], model, base["plan"]["engine"]["part"]})
    manifest = {
        "schema": 1,
        "key": "stand-in",
        "parts": {name: {"version": parts[name]["version"], "bytes": 1 << 20} for name in names},
    }
    return Site(**base, catalogue=parts, bundle=manifest)


def write_bundle(site: Site) -> None:
    """A stand-in bundle on the mirror: the real manifest's form over empty repositories.

    The model has the real SHA-256 list, whose digest the catalogue pins, and empty files.
    """
    directory = site.catalogue[site.variables["site_model"]]["directory"]
    model = f"{BUNDLE}/models/{directory}"
    real = Cache.from_environment().bundle / "models" / directory / "SHA256SUMS"
    on_host("cp1", f"mkdir -p {BUNDLE}/apt {BUNDLE}/registry {model}")
    write_on_mirror(f"{model}/SHA256SUMS", real.read_text(encoding="utf-8"))
    on_host("cp1", f"cd {model} && cut -d' ' -f3 SHA256SUMS | xargs touch")
    write_manifest(site.bundle)


def write_manifest(manifest: Any) -> None:
    """Replace bundle.yml on the mirror."""
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    write_on_mirror(f"{BUNDLE}/bundle.yml", text)


def write_on_mirror(path: str, text: str) -> None:
    """Replace a file on the mirror."""
    argv = [sys.executable, "-m", "lab.hosts", "exec", "--lab", str(LAB), "cp1", "--"]
    write = ["sh", "-c", f"cat >{path}"]
    subprocess.run([*argv, *write], cwd=ROOT, check=True, input=text, text=True)


def write_inventory(site: Site, directory: Path) -> None:
    """The site as an inventory directory with its plan."""
    cache = Cache.from_environment()
    login = {
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(cache.ssh_key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={cache.lab('wrong').known_hosts}"
        " -o StrictHostKeyChecking=yes",
    }
    children: dict[str, Any] = {
        group: {"hosts": {host: {} for host in hosts}} for group, hosts in site.groups.items()
    }
    inventory = {"all": {"hosts": dict(site.hosts), "children": children}}
    (directory / "group_vars").mkdir()
    _dump(directory / "hosts.yml", inventory)
    _dump(directory / "group_vars/all.yml", {**login, **site.variables})
    if isinstance(site.plan, str):
        (directory / "plan.yml").write_text(site.plan)
    else:
        _dump(directory / "plan.yml", site.plan)
    _dump(directory.parent / "catalogue.yml", {"catalogue_parts": site.catalogue})


def play(playbook: str, inventory: Path, *arguments: str, catalogue: bool) -> Run:
    """Run a playbook of the collection; `catalogue` takes the parts beside the inventory."""
    argv = ["ansible-playbook", f"baremetal.sglang.{playbook}", "-i", str(inventory), *arguments]
    if catalogue:
        argv += ["-e", f"@{inventory.parent / 'catalogue.yml'}"]
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        **os.environ,
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }
    done = subprocess.run(
        argv, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    return _parse(done)


def _parse(done: subprocess.CompletedProcess[str]) -> Run:
    output = done.stdout + done.stderr
    start = re.search(r"^\{$", done.stdout, re.MULTILINE)
    if start is None:
        return Run(done.returncode, (), {}, (), "", output, 0)
    document, _end = json.JSONDecoder().raw_decode(done.stdout, start.start())
    tasks = [task for one in document["plays"] for task in one["tasks"]]
    results = [task["hosts"].get("localhost", {}) for task in tasks]
    reports = [result for result in results if "faults" in result]
    return Run(
        status=done.returncode,
        plays=tuple(one["play"]["name"] for one in document["plays"]),
        changed={host: stats["changed"] for host, stats in document["stats"].items()},
        faults=tuple(reports[-1]["faults"]) if reports else (),
        report=reports[-1]["msg"] if reports else "",
        output=output,
        reports=len(reports),
    )


def _dump(path: Path, value: Any) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False))
