from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    Change,
    Finding,
    InputError,
    OperationError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Outcome,
    Report,
    Request,
    attempt,
    run_module,
)

ASKED = Request(parameters={}, check_mode=False, diff_mode=False)
CREATED = Change(
    before={}, after={"kind": "Service"}, actions=("create Service a",), result={"group": {"n": 1}}
)
SAME = Change(before={"a": 1}, after={"a": 1}, actions=(), result={"group": {"n": 1}})


@pytest.mark.parametrize(
    ("outcome", "diff_mode", "expected"),
    [
        (CREATED, False, {"changed": True, "actions": ["create Service a"], "group": {"n": 1}}),
        (SAME, False, {"changed": False, "actions": [], "group": {"n": 1}}),
        (
            SAME,
            True,
            {
                "changed": False,
                "actions": [],
                "group": {"n": 1},
                "diff": {"before": {"a": 1}, "after": {"a": 1}},
            },
        ),
        (Finding({"endpoint": {}}), True, {"changed": False, "endpoint": {}}),
    ],
)
def test_outcome_becomes_exit_values(
    outcome: Outcome, diff_mode: bool, expected: dict[str, Any]
) -> None:
    request = Request(parameters={}, check_mode=False, diff_mode=diff_mode)
    assert attempt(request, lambda _: outcome) == Report(False, expected)


def test_warnings_are_given_beside_the_values() -> None:
    finding = Finding({"endpoint": {}}, ("slow",))
    expected = Report(False, {"changed": False, "endpoint": {}}, ("slow",))
    assert attempt(ASKED, lambda _: finding) == expected


def test_operation_error_becomes_its_message_and_details() -> None:
    def operate(_: Request) -> Outcome:
        raise OperationError("node a: 1 GPU free, 2 needed", node="a")

    expected = {"msg": "node a: 1 GPU free, 2 needed", "node": "a"}
    assert attempt(ASKED, operate) == Report(True, expected)


def test_input_error_lists_every_fault_once_and_sorted() -> None:
    error = InputError("group g", ["z is wrong", "a is wrong", "z is wrong"])
    assert str(error) == "group g: a is wrong; z is wrong"
    assert error.details == {"faults": ["a is wrong", "z is wrong"]}


def test_unforeseen_exception_is_reported_as_a_defect_with_traceback() -> None:
    def operate(_: Request) -> Outcome:
        raise KeyError("lost")

    ended = attempt(ASKED, operate)
    assert ended.failed
    assert ended.values["msg"] == "defect in baremetal.sglang: KeyError: 'lost'; please report it"
    assert "Traceback" in ended.values["exception"]


def test_module_prints_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    def operate(request: Request) -> Outcome:
        return Finding({"seen": request.parameters["name"], "check": request.check_mode})

    arguments = {"name": "n", "_ansible_check_mode": True}
    with patch_module_args(arguments), pytest.raises(SystemExit) as stop:
        run_module(argument_spec={"name": {"type": "str"}}, operate=operate)
    assert stop.value.code == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["seen"], printed["check"], printed["changed"]) == ("n", True, False)
