"""The module's documentation and what it returns."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import host_facts


def test_each_fact_is_documented() -> None:
    parameters: dict[str, Any] = {
        key: option["default"] for key, option in host_facts.QUESTIONS.items()
    }
    parameters["asked_at"] = 5.0
    finding = host_facts.operate(Request(parameters, check_mode=True, diff_mode=False))
    documented = yaml.safe_load(host_facts.RETURN)["host"]["contains"]
    assert set(documented) == set(finding.result["host"])
    assert finding.result["host"]["asked_at"] == 5.0


def test_options_are_documented_as_they_are() -> None:
    options = yaml.safe_load(host_facts.DOCUMENTATION)["options"]
    assert set(options) == {"asked_at", *host_facts.QUESTIONS}
    for name, spec in host_facts.QUESTIONS.items():
        assert {key: options[name][key] for key in spec} == spec
