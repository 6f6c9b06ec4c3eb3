"""Differences of two plans, field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_changes import (
    ABSENT,
    FieldChange,
    fields_of,
    plan_changes,
)

from tests.unit.plugins.module_utils.planning.test_plan import DOCUMENT, changed


def test_a_plan_does_not_differ_from_itself() -> None:
    assert plan_changes(DOCUMENT, copy.deepcopy(DOCUMENT)) == ()


def test_the_first_plan_is_all_new() -> None:
    changes = plan_changes({}, {"schema": 1, "model": {"name": "a"}})
    assert [change.line() for change in changes] == [
        "schema: (absent) -> 1",
        "model.name: (absent) -> a",
    ]


@pytest.mark.parametrize(
    ("path", "value", "field", "before", "after"),
    [
        ("layout.pipeline_parallel", 4, "layout.pipeline_parallel", 2, 4),
        ("groups.0.ranks.1.host", "node9", "groups[smollm2].ranks[0].host", "node1", "node9"),
        ("environment.A", None, "environment.A", "1", ABSENT),
        ("arguments", ["--x"], "arguments", ["--device", "cpu", "--pp-size", "2"], ["--x"]),
        ("schema", True, "schema", 1, True),
    ],
)
def test_one_field_is_one_change(
    path: str, value: Any, field: str, before: Any, after: Any
) -> None:
    assert plan_changes(DOCUMENT, changed(path, value)) == (FieldChange(field, before, after),)


def test_an_entry_more_does_not_change_the_others() -> None:
    before = {"refused": [{"layout": "a", "found": "1"}, {"layout": "c", "found": "3"}]}
    after = {"refused": [{"layout": "a", "found": "1"}, {"layout": "b"}, *before["refused"][1:]]}
    assert plan_changes(before, after) == (FieldChange("refused[b].layout", ABSENT, "b"),)


def test_entries_without_a_label_of_their_own_are_numbered() -> None:
    assert fields_of({"ports": [{"port": 1}, {"port": 2}], "none": [], "names": ["a"]}) == {
        "ports[0].port": 1,
        "ports[1].port": 2,
        "none": [],
        "names": ["a"],
    }


def test_of_the_explanation_decisions_and_figures_are_compared_and_the_rest_is_counted() -> None:
    engine = {"role": "unified", "memory": {"weights_gib": 1.0}, "refused": [{"layout": "a"}]}
    before = {"explanation": {"engines": [engine], "settings": [{"setting": "A", "value": "1"}]}}
    other = {"role": "unified", "memory": {"weights_gib": 2.0}, "refused": [{"layout": "b"}] * 2}
    after = {"explanation": {"engines": [other], "settings": []}}
    assert plan_changes(before, after) == (
        FieldChange("explanation.engines[unified].memory.weights_gib", 1.0, 2.0),
        FieldChange("explanation.engines[unified].refused", 1, 2),
    )
    assert plan_changes({"explanation": "x"}, {"explanation": {"engines": []}}) == (
        FieldChange("explanation.engines", ABSENT, []),
        FieldChange("explanation", "x", ABSENT),
    )
