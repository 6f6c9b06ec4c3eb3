# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What preflight knows, gathered on the controller from variables, files and hosts' answers."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import yaml
from ansible.release import __version__ as ansible_version
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.controller import (
    Controller,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.controller import (
    Path as WantedPath,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    HostFacts,
    HostState,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Plan,
    PlanError,
    parse_plan,
)

# What the modules that run on localhost import.
LIBRARIES = ("kubernetes", "yaml")
REPOSITORIES = ("apt", "registry", "models")
PROBED = re.compile(r"python (?P<path>\S+) (?P<version>\d+\.\d+\.\d+)")


def host_state(probe: Mapping[str, Any], answer: Mapping[str, Any]) -> Optional[HostState]:
    """How far a host came, from the two results of the role; None if it was not asked."""
    if not probe:
        return None
    if probe.get("unreachable") or answer.get("unreachable"):
        failed = probe if probe.get("unreachable") else answer
        return HostState(_one_line(failed["msg"]), "", (), "", None)
    match = PROBED.search(probe.get("stdout", ""))
    if match is None:
        wanted = probe.get("stdout", "").strip().rpartition(" ")[2] or "python3"
        return HostState("", wanted, (), "", None)
    version = tuple(int(number) for number in match["version"].split("."))
    if "host" not in answer:
        return HostState("", match["path"], version, _one_line(answer.get("msg", "")), None)
    return HostState("", match["path"], version, "", HostFacts.parse(answer["host"]))


def read_plan(path: str) -> tuple[Optional[Plan], tuple[Fault, ...]]:
    """The plan of a file on the controller, or its faults."""
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return parse_plan(document, source=path), ()
    except OSError as error:
        found, code = (error.strerror or str(error)).lower(), "plan_missing"
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        found, code = _one_line(error), "plan_unreadable"
    except PlanError as error:
        return None, error.plan_faults
    fix = "write the plan there, or correct site_plan_file"
    return None, (Fault(code, path, found, "a plan of schema 1 in YAML", fix),)


def made_plan(document: Mapping[str, Any], path: str) -> tuple[Optional[Plan], tuple[Fault, ...]]:
    """The plan that this run made, or its faults; C(path) is where it is written."""
    try:
        return parse_plan(document, source=path), ()
    except PlanError as error:
        return None, error.plan_faults


def read_bundle(
    site: Site, inventory: Inventory, states: Mapping[str, HostState]
) -> Optional[Bundle]:
    """The bundle as the first host of the group mirror holds it; None if there is none to read."""
    hosts = inventory.group("mirror")
    facts = states[hosts[0]].facts if hosts and hosts[0] in states else None
    path = f"{site.site_bundle_path}/bundle.yml"
    if facts is None or path not in facts.texts:
        return None
    text = facts.texts[path]
    try:
        manifest = yaml.safe_load(text.text)
    except yaml.YAMLError as error:
        manifest = _one_line(error)
    present = {name: f"{site.site_bundle_path}/{name}" in facts.existing for name in REPOSITORIES}
    return Bundle(hosts[0], site.site_bundle_path, text.error, manifest, present, facts.images)


def controller(interpreter: str, site: Site, *, forks: int, forks_needed: int) -> Controller:
    """Facts of this machine; C(interpreter) runs the modules on localhost."""
    directory, kubeconfig = Path(site.site_artifacts), Path(site.site_kubeconfig)
    return Controller(
        ansible_version=ansible_version,
        interpreter=interpreter,
        missing_libraries=tuple(_missing_libraries(interpreter)),
        paths=(
            WantedPath("site_artifacts", str(directory), _obstacle(directory, is_file=False)),
            WantedPath("site_kubeconfig", str(kubeconfig), _obstacle(kubeconfig, is_file=True)),
        ),
        forks=forks,
        forks_needed=forks_needed,
    )


def _one_line(message: object) -> str:
    """A message of Ansible or YAML on one line, without what every message begins with."""
    return " ".join(str(message).split()).replace("Task failed: ", "", 1)


def _missing_libraries(interpreter: str) -> list[str]:
    if interpreter == sys.executable:
        return [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    code = (
        "import importlib.util, sys\n"
        "print(*[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None])"
    )
    argv = [interpreter, "-c", code, *LIBRARIES]
    try:
        result = subprocess.run(argv, capture_output=True, check=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return list(LIBRARIES)
    return result.stdout.split()


def _obstacle(path: Path, *, is_file: bool) -> str:
    """What keeps this process from writing C(path), or ""."""
    if path.exists() and path.is_file() != is_file:
        return "is a directory" if is_file else "is not a directory"
    place = path
    while not os.path.lexists(place):
        place = place.parent
    if place != path and not place.is_dir():
        return f"{place} is not a directory"
    return "" if os.access(place, os.W_OK) else f"{place} is not writable by this user"
