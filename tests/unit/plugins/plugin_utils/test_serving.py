"""What serving_group would refuse is a fault of preflight."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import Catalogue
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Ports
from ansible_collections.baremetal.sglang.plugins.plugin_utils.serving import serving_faults

from tests.unit.plugins.module_utils.intent.samples import CATALOGUE, PLAN, SITE, plan

PART = {"kind": "image", "image": "example.org/engine", "version": "0.4.2", "tag": "v0.4.2"}
PARTS = Catalogue({**CATALOGUE.parts, "engine": PART}, {})


def found(parts: Catalogue = PARTS, **values: Any) -> list[tuple[str, str]]:
    faults = serving_faults(plan(**values), SITE, parts)
    return [(fault.where, fault.found.split(":")[0]) for fault in faults]


def test_a_plan_that_the_module_takes_has_no_fault() -> None:
    assert list(serving_faults(PLAN, SITE, PARTS)) == []


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
    assert found(**values) == [("plan.yml: group a", option)]


def test_an_unknown_engine_is_left_to_the_rule_for_engines() -> None:
    assert found(Catalogue({}, {}), arguments=("--api-key", "secret")) == []
