from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Memory
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layouts import Ask
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import make_pools
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    LATENCY,
    Constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.search import (
    Found,
    Task,
    fewest_groups,
    memory_for,
    search,
)

from tests.unit.plugins.module_utils.planning.model_samples import candidate
from tests.unit.plugins.module_utils.planning.search_samples import make_nodes

R1 = find_model("deepseek-r1")
SMALL = find_model("smollm2-135m-instruct")


def found(nodes: Sequence[Node], **wishes: object) -> Found:
    (pool,) = make_pools(nodes)
    return search(Task(R1, R1.formats[0], pool, Ask(LATENCY, Constraints(**wishes))))  # type: ignore[arg-type]


def test_hosts_of_two_sizes_share_what_is_known_of_a_layout_s_memory() -> None:
    nodes = (*make_nodes(2, 8, "h100-sxm-80gb"), *make_nodes(1, 4, "h100-sxm-80gb"))
    short = found(nodes, tensor_parallel=4, pipeline_parallel=2).short
    assert {(each.candidate.gpus_per_host, each.memory.tokens) for each in short} == {
        (8, 0),
        (4, 0),
    }


def test_every_layout_is_ranked_refused_or_short() -> None:
    answer = found(make_nodes(4, 4, "h100-sxm-80gb"))
    assert (len(answer.ranked), len(answer.refused), len(answer.short)) == (3, 13, 15)


def test_tensor_parallelism_over_hosts_of_one_nvlink_domain_leaves_no_host() -> None:
    apart = found(make_nodes(4, 4, "h100-sxm-80gb"), tensor_parallel=16)
    joined = make_nodes(4, 4, "h100-sxm-80gb", nvlink_domain="rack-1")
    sizes = [each.candidate.tensor_parallel for each in found(joined).ranked]
    assert 16 in sizes
    assert 16 not in [
        each.candidate.tensor_parallel for each in found(make_nodes(4, 4, "h100-sxm-80gb")).ranked
    ]
    assert apart.ranked[0].cost.decode_seconds > next(
        each.cost.decode_seconds
        for each in found(joined).ranked
        if each.candidate.tensor_parallel == 16
    )


def test_a_layout_without_room_for_attention_s_buffers_is_refused() -> None:
    (pool,) = make_pools(make_nodes(1, 1, "h100-sxm-80gb"))
    part = replace(R1, layers=7, draft_layers=0)
    wishes = Constraints(attention_backend="triton", memory_fraction=0.967)
    answer = search(Task(part, R1.formats[0], pool, Ask(LATENCY, wishes)))
    assert [(each.candidate.tensor_parallel, each.fault.code) for each in answer.refused] == [
        (1, "workspace_short")
    ]
    assert (answer.ranked, answer.short) == ((), ())


def test_nothing_that_fits_leaves_nothing_ranked() -> None:
    answer = found(make_nodes(1, 2, "h100-sxm-80gb"))
    assert (answer.ranked, len(answer.short)) == ((), 3)


@pytest.mark.parametrize(
    ("tokens", "attention", "concurrency", "groups"),
    [
        (4096, 1, 1, 1),
        (8191, 1, 2, 2),
        (8192, 1, 2, 1),
        (4095, 1, 1, 0),
        (32_768, 8, 9, 2),
        (32_767, 8, 9, 0),
    ],
)
def test_the_fewest_groups_that_hold_the_requests(
    tokens: int, attention: int, concurrency: int, groups: int
) -> None:
    memory = Memory(1, 1, 1, 0, 0, 0, 1, tokens, 0.8)
    layout = candidate(8, attention=attention)
    assert fewest_groups(layout, memory, Constraints(concurrency=concurrency)) == groups


def test_the_fewest_groups_run_the_requests_too() -> None:
    memory = Memory(1, 1, 1, 0, 0, 0, 1, 1_000_000, 0.8, running_requests=41)
    assert fewest_groups(candidate(8), memory, Constraints(concurrency=83)) == 3


def test_a_rank_on_cpus_has_the_tokens_that_were_asked_for() -> None:
    (pool,) = make_pools(make_nodes(2, 0, "h100-sxm-80gb"))
    wishes = Constraints(context=5000)
    task = Task(SMALL, SMALL.formats[0], pool, Ask(LATENCY, wishes))
    memory = memory_for(task, candidate(1, 2))
    assert (memory.tokens, memory.total) == (5000, 64 * 1024**3)
