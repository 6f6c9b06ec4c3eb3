"""Hosts and a release for the tests of the container toolkit's decisions."""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.toolkit import (
    Intent,
    ToolkitPlan,
    toolkit_plan,
)

GPU = "0000:1b:00.0"
BASE = "nvidia-container-toolkit-base"
RELEASE: dict[str, Any] = {
    "version": "1.2.3-1",
    "upstream": "https://repo.invalid",
    "repository": "deb",
    "key": "gpgkey",
    "fingerprint": "F" * 40,
    "packages": [BASE],
}


def host(*gpus: str, **changed: Any) -> dict[str, Any]:
    """What toolkit_facts returns of a host with these GPUs and nothing else; `changed` replaces."""
    found = {
        "gpus": list(gpus),
        "loaded": "",
        "nodes": [],
        "packages": [],
        "leftovers": [],
        "source": False,
        "drop_ins": [],
        "specification": {"driver": "", "nodes": []},
        "operator": False,
    }
    return {"toolkit": {**found, **changed}}


def package(name: str, version: str = "1.2.3-1", *, held: bool = True) -> dict[str, Any]:
    """An installed package, as the role leaves it."""
    return {"name": name, "version": version, "held": held}


def drop_in(path: str, version: int, *, runtime: bool = False) -> dict[str, Any]:
    """A drop-in of containerd."""
    return {"path": path, "version": version, "runtime": runtime}


def plan(facts: dict[str, Any], state: str = "auto", config_version: int = 3) -> ToolkitPlan:
    """The plan of a host."""
    return toolkit_plan(facts, Intent(state, RELEASE, config_version))


def kinds(found: ToolkitPlan) -> list[str]:
    """What the faults are, in words."""
    return [fault.split(": ")[1] for fault in found.faults]
