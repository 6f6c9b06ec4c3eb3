from __future__ import annotations

import platform
from pathlib import Path

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import (
    VERSION,
    Verifier,
    this_verifier,
)

GALAXY = Path(__file__).resolve().parents[5] / "galaxy.yml"


def test_the_version_is_the_collections() -> None:
    assert yaml.safe_load(GALAXY.read_text())["version"] == VERSION


def test_a_verifier_names_program_version_host_and_run() -> None:
    assert this_verifier("p", "r") == Verifier("p", VERSION, platform.node(), "r")
