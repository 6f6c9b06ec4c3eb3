"""Documentation, argument spec and examples of the cluster's modules say the same."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.doc_fragments import kubernetes
from ansible_collections.baremetal.sglang.plugins.modules import (
    node_labels,
    serving_endpoint_info,
    serving_group,
)

MODULES = [serving_group, serving_endpoint_info, node_labels]
SAME = ("type", "elements", "choices", "required", "default")


def documented(module: ModuleType) -> dict[str, Any]:
    text = yaml.safe_load(module.DOCUMENTATION)
    options = dict(text["options"])
    if "baremetal.sglang.kubernetes" in text["extends_documentation_fragment"]:
        options |= yaml.safe_load(kubernetes.ModuleDocFragment.DOCUMENTATION)["options"]
    return options


def assert_equal(spec: dict[str, Any], options: dict[str, Any], suboptions: str) -> None:
    assert spec.keys() == options.keys()
    for name, entry in spec.items():
        for field in SAME:
            assert entry.get(field) == options[name].get(field), (name, field)
        assert_equal(entry.get("options", {}), options[name].get(suboptions, {}), suboptions)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_every_option_is_documented_as_it_is(module: ModuleType) -> None:
    assert_equal(module.ARGUMENTS, documented(module), "suboptions")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_every_example_is_accepted(module: ModuleType) -> None:
    tasks = yaml.safe_load(module.EXAMPLES)
    name = "baremetal.sglang." + module.__name__.split(".")[-1]
    for task in tasks:
        checked = ArgumentSpecValidator(module.ARGUMENTS).validate(task[name])
        assert checked.error_messages == []


def test_ports_that_are_not_given_have_their_defaults() -> None:
    (present, _) = yaml.safe_load(serving_group.EXAMPLES)
    arguments = present["baremetal.sglang.serving_group"]
    checked = ArgumentSpecValidator(serving_group.ARGUMENTS).validate(arguments)
    assert checked.validated_parameters["ports"] == {"serving": 30000, "distributed": 20000}
