"""Sizes of a plan's layout that the engine could not share its ranks out to."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    PlanError,
    parse_plan,
)

from tests.unit.plugins.module_utils.planning.test_plan import changed


def test_attention_s_groups_divide_its_tensor_parallel_ranks() -> None:
    document = changed("layout", {"tensor_parallel": 8, "pipeline_parallel": 1, "data_parallel": 3})
    document["arguments"] = ["--tp-size", "8", "--dp-size", "3", "--enable-dp-attention"]
    document["groups"][0]["ranks"] = [{"rank": 0, "host": "node1", "gpus": [*range(8)]}]
    with pytest.raises(PlanError) as caught:
        parse_plan(document)
    assert [(fault.found, fault.needed) for fault in caught.value.plan_faults] == [
        ("layout.data_parallel 3", "a divisor of layout.tensor_parallel 8")
    ]


def test_a_group_s_own_layout_is_the_place_of_its_faults() -> None:
    document = changed("layout", {"tensor_parallel": 8, "pipeline_parallel": 1, "data_parallel": 1})
    document["arguments"] = ["--tp-size", "8", "--ep-size", "3"]
    document["groups"][0]["ranks"] = [{"rank": 0, "host": "node1", "gpus": [*range(8)]}]
    document["groups"][0]["layout"] = {"expert_parallel": 3}
    with pytest.raises(PlanError) as caught:
        parse_plan(document)
    assert [(fault.where, fault.found) for fault in caught.value.plan_faults] == [
        ("plan: groups[0]", "layout.expert_parallel 3")
    ]
