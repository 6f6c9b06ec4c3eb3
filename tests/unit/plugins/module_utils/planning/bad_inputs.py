"""Bad inputs as data: what differs from a right question or plan, and the lines that it gives."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.engine_flags import FIRST
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import make_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.question import (
    Checkpoint,
    Files,
    parse_question,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.staleness import (
    made_from,
    stale_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.argspec import PLANNING

CASES = Path(__file__).with_name("bad_inputs.yml")


@dataclass(frozen=True)
class Case:
    """One bad input. C(kind) is V(question), V(plan) or V(stale); C(change) maps dotted paths to
    new values, null removes; C(files) are the loaded files; C(lines) the faults."""

    name: str
    kind: str
    change: Mapping[str, Any]
    files: Mapping[str, Any]
    lines: tuple[str, ...]


def load_cases() -> tuple[dict[str, Any], list[Case]]:
    """The right inputs by kind, and the cases."""
    first = ".".join(str(number) for number in FIRST)
    text = CASES.read_text(encoding="utf-8").replace("<first engine>", first)
    document = yaml.safe_load(text)
    cases = [
        Case(
            name=entry["name"],
            kind=entry.get("kind", "question"),
            change=entry["change"],
            files=entry.get("files", {}),
            lines=tuple(entry["lines"]),
        )
        for entry in document["cases"]
    ]
    return document["right"], cases


def lines_of(case: Case, right: Mapping[str, Any]) -> list[str]:
    """The faults of a case, sorted; none where the input is right."""
    try:
        if case.kind == "plan":
            parse_plan(changed(right["plan"], case.change), source="plan.yml")
            return []
        question = _question(right["question"], case)
        if case.kind == "stale":
            before = _question(right["question"], Case("", "", {}, {}, ()))
            recorded = made_from(before.request)
            now = made_from(question.request)
            return [fault.line() for fault in stale_faults(recorded, now, "plan.yml")]
        make_plan(question)
    except InputError as error:
        return list(error.details["faults"])
    return []


def changed(document: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with the value at each dotted path replaced, or removed where it is null."""
    result = copy.deepcopy(dict(document))
    for path, value in change.items():
        *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        place: Any = result
        for key in parents:
            place = place[key]
        if value is None:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return result


def _question(options: Mapping[str, Any], case: Case) -> Any:
    checked = ArgumentSpecValidator(PLANNING).validate(changed(options, case.change))
    if checked.error_messages:
        raise InputError("options", list(checked.error_messages))
    files = dict(case.files)
    if "checkpoint" in files:
        files["checkpoint"] = Checkpoint(**files["checkpoint"])
    return parse_question(checked.validated_parameters, Files(**files))
