"""Argument specs of roles and values against them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.plugin_utils.specs import (
    check_value,
    mapped_arguments,
    role_specs,
)

LIST = {"type": "list", "elements": "dict", "options": {"name": {"type": "str", "required": True}}}


def test_options_of_all_entry_points_belong_to_the_role(tmp_path: Path) -> None:
    meta = tmp_path / "roles/mirror/meta"
    meta.mkdir(parents=True)
    (meta / "argument_specs.yml").write_text(
        "argument_specs:\n  main: {options: {mirror_a: {type: str}}}\n"
        "  client: {options: {mirror_b: {type: int}}}\n  reset: {}\n"
    )
    assert role_specs(tmp_path) == {
        "mirror": {"mirror_a": {"type": "str"}, "mirror_b": {"type": "int"}}
    }


def test_a_mapped_argument_names_the_site_variable_it_is_taken_from(tmp_path: Path) -> None:
    path = tmp_path / "arguments.yml"
    path.write_text('a: "{{ site_pod_network }}"\nb: 8080\nc: "{{ site_name }}-x"\n')
    assert mapped_arguments(path) == {"a": "site_pod_network", "b": "", "c": ""}


@pytest.mark.parametrize(
    ("spec", "given", "value"),
    [
        ({"type": "int"}, "30080", 30080),
        ({"type": "bool"}, "yes", True),
        ({"type": "str"}, 5, "5"),
        ({"type": "str", "choices": ["a"]}, "a", "a"),
        (LIST, [{"name": "x"}], [{"name": "x"}]),
    ],
)
def test_a_value_is_converted_as_ansible_does(spec: Any, given: Any, value: Any) -> None:
    checked = check_value("v", spec, given, "v")
    assert (checked.value, checked.faults) == (value, ())


@pytest.mark.parametrize(
    ("spec", "given", "needed"),
    [
        ({"type": "int"}, "many", "a value of type int"),
        ({"type": "bool"}, "maybe", "a value of type bool"),
        ({"type": "str"}, ["a"], "a value of type str"),
        ({"type": "path"}, {"a": 1}, "a value of type path"),
        ({"type": "str", "choices": ["a", "b"]}, "c", "one of a, b"),
        ({"type": "list", "elements": "int"}, ["x"], "a value of type list of int"),
        (LIST, [{}], "a value of type list of dict (missing required arguments: name found in v)"),
    ],
)
def test_a_wrong_value_is_one_fault(spec: Any, given: Any, needed: str) -> None:
    (fault,) = check_value("v", spec, given, "v (node1)").faults
    assert (fault.code, fault.where, fault.needed) == ("value_invalid", "v (node1)", needed)
    assert fault.found == repr(given)


def test_the_value_of_a_secret_is_not_shown() -> None:
    (fault,) = check_value("v", {"type": "str", "no_log": True}, ["5eed"], "v").faults
    assert fault.found == "a list that is not shown"
