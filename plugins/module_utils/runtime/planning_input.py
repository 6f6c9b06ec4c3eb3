# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the files that a question to the planner names, and plans that stand in files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import Question
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.question import (
    Checkpoint,
    Files,
    parse_question,
    topology_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.staleness import (
    made_from,
    stale_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.plan_file import (
    load_document,
    load_json,
)

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"


def read_question(options: Mapping[str, Any]) -> Question:
    """The question of the options PLANNING with the files that they name.

    Raises C(OperationError) for a file that cannot be read, C(InputError) with all other faults.
    """
    intent = _document(options["intent_file"], "site_intent_file")
    path = options["topology_file"] or topology_of(intent, options["intent_file"])
    files = Files(
        topology=_document(path, "site_topology_file"),
        intent=intent,
        checkpoint=_checkpoint(options["model_directory"]),
    )
    return parse_question({**options, "topology_file": path}, files)


def read_plan(options: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The plan at C(path) as it is, and the facts that are not as they were when it was made.

    Raises C(OperationError) for a file that cannot be read, C(PlanError) for one that is no plan.
    """
    path = options["path"]
    document = load_document(path, missing="write the plan there, or correct site_plan_file")
    parse_plan(document, source=path)
    recorded = document.get("explanation", {}).get("made_from")
    if not isinstance(recorded, Mapping):
        return document, ()
    question = read_question(options)
    current = made_from(question.request, [(row.key, row.value) for row in question.rows])
    return document, stale_faults(recorded, current, path)


def _document(path: str, variable: str) -> Any:
    return load_document(path, missing=f"correct {variable}") if path else None


def _checkpoint(directory: str) -> Optional[Checkpoint]:
    """A model of one file has no index."""
    if not directory:
        return None
    place = Path(directory)
    index = place / INDEX
    sizes = {file.name: file.stat().st_size for file in place.glob("*") if file.is_file()}
    return Checkpoint(load_json(place / CONFIG), load_json(index) if INDEX in sizes else {}, sizes)
