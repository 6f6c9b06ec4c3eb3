"""What real engines reported, and the engine versions whose options are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model

from tests.unit.plugins.module_utils.planning.model_samples import candidate

TESTS = Path(__file__).resolve().parents[4]
RUNS: list[dict[str, Any]] = json.loads(
    (TESTS / "gpu/recorded/memory.json").read_text(encoding="utf-8")
)
OPTION_LISTS = {
    path.stem.removeprefix("options-"): path
    for path in sorted((TESTS / "fixtures/engine").glob("options-*.txt"))
}
FIRST_VERSION, LAST_VERSION = OPTION_LISTS


def options_of(version: str) -> dict[str, bool]:
    """The options of a version, and whether each takes a value."""
    lines = OPTION_LISTS[version].read_text(encoding="utf-8").splitlines()
    return {name: kind == "value" for name, kind in (line.split() for line in lines)}


def run_model(run: dict[str, Any]) -> ModelSpec:
    """The model that ran: the catalogue's, cut to the layers of the run, without a draft head."""
    return replace(find_model(run["model"]), layers=run["layers"], draft_layers=0)


def run_layout(run: dict[str, Any]) -> Candidate:
    """The layout of a run: tensor parallel over its GPUs."""
    return candidate(run["gpus"], weight_format=run["format"])
