"""The real scheduler and the real LeaderWorkerSet put each rank where the plan says.

Only the kubelets are simulated (KWOK): nodes have the figures of an inventory's hosts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.crowds.crowd import Crowd, running
from tests.plans import made_plan, plan

CHANGES_NOTHING = "changed=0 "


@pytest.fixture(scope="module")
def stage2() -> Iterator[Crowd]:
    """Four hosts of one rack."""
    with running("stage2-same-rack") as crowd:
        yield crowd


@pytest.fixture(scope="module")
def stage3() -> Iterator[Crowd]:
    """Eight hosts in two racks, listed in turn."""
    with running("stage3-cross-rack") as crowd:
        yield crowd


def served(crowd: Crowd, document: dict[str, Any]) -> None:
    run = crowd.serve(document)
    assert run.returncode == 0, run.stdout + run.stderr


def reordered(document: dict[str, Any]) -> dict[str, Any]:
    """The same plan with the ranks in the order of the hosts' names."""
    (group,) = document["groups"]
    hosts = sorted(rank["host"] for rank in group["ranks"])
    ranks = [{**rank, "host": host} for rank, host in zip(group["ranks"], hosts, strict=True)]
    return {**document, "groups": [{**group, "ranks": ranks}]}


def test_stage_2_has_each_rank_on_its_host_and_the_rack_for_itself(stage2: Crowd) -> None:
    document = made_plan("stage2-same-rack")
    served(stage2, document)
    assert stage2.faults(document) == []
    assert stage2.racks_of("deepseek-r1") == {"r1"}
    again = stage2.serve(document)
    assert CHANGES_NOTHING in again.stdout, again.stdout + again.stderr


def test_stage_2_moves_its_ranks_when_the_plan_does(stage2: Crowd) -> None:
    first, second = plan("stage2"), reordered(plan("stage2"))
    served(stage2, first)
    assert len(stage2.faults(second)) == 4
    served(stage2, second)
    assert stage2.faults(second) == []


def test_stage_3_keeps_neighbouring_ranks_in_their_rack(stage3: Crowd) -> None:
    document = made_plan("stage3-cross-rack")
    served(stage3, document)
    assert stage3.faults(document) == []
    assert len(stage3.faults(reordered(document))) == 6
    assert stage3.racks_of("deepseek-r1") == {"r1", "r2"}


def test_groups_of_two_racks_take_the_place_of_one_and_have_a_rack_each(stage3: Crowd) -> None:
    document = plan("two-groups")
    served(stage3, document)
    assert stage3.faults(document) == []
    assert stage3.racks_of("llama-r1") == {"r1"}
    assert stage3.racks_of("llama-r2") == {"r2"}


def test_no_other_group_gets_into_a_rack_that_one_has_for_itself(stage3: Crowd) -> None:
    served(stage3, plan("two-groups"))
    stage3.begin_group("intruder", "gpu-03")
    assert "existing pods anti-affinity" in stage3.refusal("intruder")
