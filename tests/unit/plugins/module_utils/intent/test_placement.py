"""The plan on a site."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.placement import plan_faults
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Group,
    Model,
    Plan,
    Rank,
)

from tests.unit.plugins.module_utils.intent.samples import (
    CATALOGUE,
    INVENTORY,
    PLAN,
    SITE,
    inventory,
    plan,
)


def found(given: Plan, gpus: Mapping[str, int] | None = None, **groups: Any) -> list[str]:
    faults = plan_faults(
        given,
        site=SITE,
        inventory=inventory(**groups) if groups else INVENTORY,
        catalogue=CATALOGUE,
        gpus=gpus or {},
    )
    return [f"{fault.code}: {fault.found}" for fault in faults]


def test_the_sample_has_no_fault() -> None:
    assert found(PLAN) == []


def ranked(*ranks: Rank) -> Plan:
    return plan(groups=(Group("a", ranks),))


def test_a_rank_runs_on_a_serving_host() -> None:
    assert found(ranked(Rank(0, "node11", ()))) == ["rank_on_unknown_host: a rank on node11"]
    assert found(ranked(Rank(0, "cp1", ()))) == ["rank_on_unknown_host: a rank on cp1"]


def test_the_fix_names_the_nearest_serving_host() -> None:
    given = ranked(Rank(0, "node11", ()))
    arguments: dict[str, Any] = {"site": SITE, "catalogue": CATALOGUE, "gpus": {}}
    near = next(iter(plan_faults(given, inventory=INVENTORY, **arguments)))
    assert near.fix == "write node1, or add node11 to serving"
    far = next(iter(plan_faults(ranked(Rank(0, "zzz", ())), inventory=INVENTORY, **arguments)))
    assert far.fix == "add zzz to serving"


def test_a_group_has_at_most_one_rank_a_serving_host() -> None:
    given = ranked(Rank(0, "node1", ()), Rank(1, "node2", ()))
    assert found(given) == [
        "rank_on_unknown_host: a rank on node2",
        "more_ranks_than_hosts: 2 ranks",
    ]
    both = ("node1", "node2")
    assert found(given, workers=both, serving=both) == []


@pytest.mark.parametrize(
    ("first", "second", "faults"),
    [
        ((), (), ["host_in_two_groups: 2 ranks on node1, not all with GPUs of their own"]),
        ((0,), (), ["host_in_two_groups: 2 ranks on node1, not all with GPUs of their own"]),
        ((0,), (1,), []),
    ],
)
def test_groups_share_a_host_by_its_gpus_only(
    first: tuple[int, ...], second: tuple[int, ...], faults: list[str]
) -> None:
    groups = (
        Group("a", (Rank(0, "node1", first),)),
        Group("b", (Rank(0, "node1", second),)),
    )
    assert found(plan(groups=groups)) == faults


@pytest.mark.parametrize(
    ("gpus", "faults"),
    [
        ({}, []),
        ({"node1": 0}, []),
        ({"node1": 8}, []),
        ({"node1": 7}, ["gpu_not_on_host: GPU 7 of node1"]),
    ],
)
def test_a_rank_takes_gpus_that_the_host_has(gpus: dict[str, int], faults: list[str]) -> None:
    assert found(ranked(Rank(0, "node1", tuple(range(8)))), gpus) == faults


def test_the_engine_is_an_image_of_the_catalogue() -> None:
    assert found(plan(engine_part="kubelet")) == ["unknown_engine_part: 'kubelet'"]


def test_the_plan_is_for_the_model_of_the_site() -> None:
    other = dataclasses.replace(PLAN, model=Model("deepseek", "fp8"))
    assert found(other) == ["plan_of_another_model: deepseek"]
