"""What serving_group would refuse is a fault of preflight."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Group,
    Plan,
    Ports,
    Rank,
)
from ansible_collections.baremetal.sglang.plugins.plugin_utils.serving import serving_faults

from tests.unit.plugins.module_utils.intent.samples import PLAN, plan


def found(given: Plan) -> list[tuple[str, str]]:
    faults = serving_faults(given, "plan.yml")
    return [(fault.where, fault.found.split(":")[0]) for fault in faults]


def test_a_plan_that_the_module_takes_has_no_fault() -> None:
    assert found(PLAN) == []


def test_the_hosts_of_a_plan_are_left_to_the_rule_for_hosts() -> None:
    assert found(plan(groups=(Group("a", (Rank(0, "node_1", ()),)),))) == []


@pytest.mark.parametrize(
    ("values", "option"),
    [
        ({"arguments": ("--api-key", "secret")}, "arguments"),
        ({"ports": Ports(80, 20000)}, "ports.serving"),
        ({"shared_memory_mib": 8192}, "shared_memory_mib"),
        ({"environment": (("LWS_GROUP_SIZE", "2"),)}, "environment"),
    ],
)
def test_a_plan_that_the_module_refuses_is_a_fault(values: dict[str, Any], option: str) -> None:
    assert found(plan(**values)) == [("plan.yml: group a", option)]


def test_arguments_of_a_group_follow_those_of_the_plan() -> None:
    (group,) = PLAN.groups
    own = Group(group.name, group.ranks, arguments=("--api-key", "secret"))
    assert [option for _place, option in found(plan(groups=(own,)))] == ["arguments"]
