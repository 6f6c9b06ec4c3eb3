"""What holds for every choice, whatever the model, the hosts and the wishes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (
    Choice,
    NoLayoutError,
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Refused
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import (
    tokens_held,
    tokens_needed,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.planning.enumerator import full_key, with_memory
from tests.unit.plugins.module_utils.planning.random_worlds import random_request
from tests.unit.plugins.module_utils.planning.test_optimum import world_of

# Random worlds, many times over the lines that the worked examples run.
pytestmark = pytest.mark.no_cover

# The engine's reserve has steps over GPU sizes; with a fraction that a person sets it has none.
FRACTION = 0.8

requests = st.integers(0, 100_000).map(lambda seed: random_request(Random(seed)))  # noqa: S311


def answer(request: Request) -> Choice | None:
    try:
        return choose(request)
    except NoLayoutError:
        return None


@given(requests)
@settings(max_examples=150, deadline=None)
def test_no_layout_is_over_memory(request: Request) -> None:
    choice = answer(request)
    for each in choice.ranked if choice else ():
        memory = each.memory
        parts = memory.weights + memory.key_value + memory.reserve + memory.runtime
        assert parts <= memory.total
        needed = tokens_needed(each.candidate, request.constraints)
        assert tokens_held(each.candidate, memory) >= needed


@given(requests)
@settings(max_examples=100, deadline=None)
def test_the_same_question_has_the_same_answer(request: Request) -> None:
    first, second = answer(request), answer(request)
    assert first == second


@given(requests, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_hosts_does_not_change_the_layout(
    request: Request, random: Random
) -> None:
    nodes = list(request.nodes)
    random.shuffle(nodes)
    first, second = answer(request), answer(replace(request, nodes=tuple(nodes)))
    assert (first and first.ranked) == (second and second.ranked)


@given(requests)
@settings(max_examples=150, deadline=None)
def test_sizes_divide_and_the_groups_fit_the_hosts(request: Request) -> None:
    choice = answer(request)
    for each in choice.ranked if choice else ():
        layout = each.candidate
        assert layout.tensor_parallel % layout.attention_data_parallel == 0
        assert layout.tensor_parallel % layout.expert_parallel == 0
        assert layout.gpus == layout.hosts * layout.gpus_per_host
        assert layout.gpus * layout.groups <= sum(len(node.gpus) for node in request.nodes)


@given(requests)
@settings(max_examples=150, deadline=None)
def test_what_a_person_asked_is_kept(request: Request) -> None:
    choice, asked = answer(request), request.constraints
    for each in choice.ranked if choice else ():
        for name in (
            "weight_format",
            "tensor_parallel",
            "pipeline_parallel",
            "attention_data_parallel",
            "expert_parallel",
            "groups",
        ):
            wish = getattr(asked, name)
            assert not wish or getattr(each.candidate, name) == wish


@given(requests, st.integers(1, 200))
@settings(max_examples=150, deadline=None)
def test_more_memory_never_makes_a_plan_worse(request: Request, gibibytes: int) -> None:
    constraints = replace(request.constraints, memory_fraction=FRACTION)
    world = world_of(replace(request, constraints=constraints))
    larger = with_memory(world, world.memory_mib + gibibytes * 1024)
    before, after = answer(world.request), answer(larger.request)
    if before is None:
        return
    assert after is not None
    keys = [
        full_key(where, choice.weight_format, choice.best.candidate, choice.best.memory)
        for where, choice in ((world, before), (larger, after))
    ]
    assert keys[1] <= keys[0]


def refused_layouts(request: Request) -> tuple[Refused, ...]:
    try:
        return choose(request).refused
    except NoLayoutError as error:
        return error.refused


@given(requests)
@settings(max_examples=150, deadline=None)
def test_every_reason_has_found_needed_and_a_change(request: Request) -> None:
    faults = [refused.fault for refused in refused_layouts(request)]
    assert all(fault.found and fault.needed and fault.fix for fault in faults)


@given(requests)
@settings(max_examples=150, deadline=None)
def test_no_layout_is_both_taken_and_refused(request: Request) -> None:
    choice = answer(request)
    taken = {each.candidate for each in choice.ranked} if choice else set()
    refused = [each.candidate for each in refused_layouts(request)]
    assert not taken & set(refused)
