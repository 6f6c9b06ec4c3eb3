from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layouts import (
    Ask,
    candidates,
    divisors,
    host_shares,
    most_groups_with_more_stages,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import make_pools
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    FEWEST_GPUS,
    LATENCY,
    LONGEST_CONTEXT,
    THROUGHPUT,
    Constraints,
)

from tests.unit.plugins.module_utils.planning.search_samples import make_node, make_nodes

R1 = find_model("deepseek-r1")
FP8 = R1.formats[0]
H100 = "h100-sxm-80gb"


def layouts(
    nodes: Sequence[Node], objective: str = LATENCY, **wishes: object
) -> list[tuple[int, ...]]:
    """(tensor, stages, attention, expert, groups, share) of each layout."""
    (pool,) = make_pools(nodes)
    ask = Ask(objective, Constraints(**wishes))  # type: ignore[arg-type]
    return [
        (
            layout.tensor_parallel,
            layout.pipeline_parallel,
            layout.attention_data_parallel,
            layout.expert_parallel,
            layout.groups,
            layout.gpus_per_host,
        )
        for layout in candidates(R1, FP8, pool, ask)
    ]


def test_every_size_that_divides_the_heads_with_every_number_of_stages() -> None:
    assert layouts(make_nodes(1, 4, H100)) == [
        (1, 1, 1, 1, 4, 1),
        (1, 2, 1, 1, 2, 2),
        (1, 3, 1, 1, 1, 3),
        (1, 4, 1, 1, 1, 4),
        (2, 1, 1, 1, 2, 2),
        (2, 2, 1, 1, 1, 4),
        (4, 1, 1, 1, 1, 4),
    ]


def test_a_group_takes_as_much_of_each_host_as_it_can() -> None:
    nodes = (*make_nodes(1, 8, H100), *make_nodes(2, 4, H100))
    assert layouts(nodes, tensor_parallel=4, pipeline_parallel=2) == [
        (4, 2, 1, 1, 1, 8),
        (4, 2, 1, 1, 2, 4),
    ]


@pytest.mark.parametrize(
    ("objective", "sizes"),
    [
        (LATENCY, [1]),
        (LONGEST_CONTEXT, [1]),
        (THROUGHPUT, [1, 2, 4]),
        (FEWEST_GPUS, [1, 2, 4]),
    ],
)
def test_dp_attention_is_for_throughput_not_for_latency(objective: str, sizes: list[int]) -> None:
    found = layouts(make_nodes(1, 4, H100), objective, tensor_parallel=4, pipeline_parallel=1)
    assert [layout[2] for layout in found] == sizes


def test_dp_attention_is_not_tried_for_grouped_query_attention() -> None:
    llama = find_model("deepseek-r1-distill-llama-8b")
    (pool,) = make_pools(make_nodes(1, 4, H100))
    found = candidates(llama, llama.formats[0], pool, Ask(THROUGHPUT, Constraints()))
    assert {layout.attention_data_parallel for layout in found} == {1}


def test_experts_are_shared_out_only_where_the_shape_asks_for_it() -> None:
    # 1536 / 8 = 192 rows of an expert are no whole blocks of 128: SGLang refuses tensor 8 alone.
    qwen = find_model("qwen3-235b-a22b")
    fp8 = next(each for each in qwen.formats if each.name == "fp8")
    (pool,) = make_pools(make_nodes(1, 8, H100))
    found = candidates(qwen, fp8, pool, Ask(LATENCY, Constraints(pipeline_parallel=1)))
    assert [(layout.tensor_parallel, layout.expert_parallel) for layout in found] == [
        (1, 1),
        (2, 1),
        (4, 1),
        (8, 2),
    ]


def test_what_a_person_asks_is_all_there_is() -> None:
    assert layouts(
        make_nodes(2, 8, H100),
        tensor_parallel=8,
        pipeline_parallel=2,
        attention_data_parallel=8,
        expert_parallel=4,
        groups=3,
    ) == [(8, 2, 8, 4, 3, 8)]


def test_a_layout_without_room_is_one_group_to_be_refused() -> None:
    assert layouts(make_nodes(1, 8, H100), tensor_parallel=16, pipeline_parallel=1) == [
        (16, 1, 1, 1, 1, 8)
    ]


def test_hosts_with_a_slow_network_have_no_room_for_a_part_of_a_group() -> None:
    nodes = (*make_nodes(2, 4, H100), make_node("slow", [H100] * 4, gigabits=[10]))
    assert layouts(nodes, tensor_parallel=4, pipeline_parallel=3) == [(4, 3, 1, 1, 1, 4)]
    assert layouts(nodes, tensor_parallel=4, pipeline_parallel=1) == [(4, 1, 1, 1, 3, 4)]
    assert layouts(nodes, tensor_parallel=4, pipeline_parallel=2) == [(4, 2, 1, 1, 1, 4)]


@pytest.mark.parametrize(
    ("stages", "speculative", "drafts"),
    [(1, False, [False]), (1, True, [False, True]), (2, True, [False])],
)
def test_the_speculative_head_may_be_used_without_stages(
    stages: int, speculative: bool, drafts: list[bool]
) -> None:
    (pool,) = make_pools(make_nodes(1, 4, H100))
    wishes = Constraints(tensor_parallel=2, pipeline_parallel=stages, speculative=speculative)
    found = candidates(R1, FP8, pool, Ask(LATENCY, wishes))
    assert [layout.speculative for layout in found] == drafts


def test_a_model_without_draft_layers_has_no_speculative_layout() -> None:
    (pool,) = make_pools(make_nodes(1, 1, H100))
    plain = replace(R1, draft_layers=0)
    found = candidates(plain, FP8, pool, Ask(LATENCY, Constraints(speculative=True)))
    assert [layout.speculative for layout in found] == [False]


@pytest.mark.parametrize(
    ("sizes", "tensor", "stages", "shares"),
    [
        ([8], 8, 2, (8,)),
        ([8], 16, 1, (8,)),
        ([8], 4, 4, (8,)),
        ([8], 4, 3, (4,)),
        ([4], 8, 1, (4,)),
        ([3], 4, 1, (2,)),
        ([3], 2, 2, (2,)),
        ([8, 4, 4], 2, 4, (8, 4)),
        ([1], 2, 1, (1,)),
    ],
)
def test_a_host_holds_whole_stages_or_an_equal_part_of_one(
    sizes: list[int], tensor: int, stages: int, shares: tuple[int, ...]
) -> None:
    assert host_shares(sizes, tensor, stages) == shares


def test_groups_that_could_have_more_stages() -> None:
    (pool,) = make_pools(make_nodes(5, 8, H100))
    most = most_groups_with_more_stages(replace(R1, layers=6), pool, 8)
    assert most == {6: 0, 5: 0, 4: 1, 3: 1, 2: 1, 1: 2}


def test_divisors() -> None:
    assert divisors(12) == (1, 2, 3, 4, 6, 12)
