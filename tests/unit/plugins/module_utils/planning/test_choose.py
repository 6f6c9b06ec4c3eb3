from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    FEWEST_GPUS,
    LATENCY,
    THROUGHPUT,
    Constraints,
)

from tests.unit.plugins.module_utils.planning.search_samples import (
    make_node,
    make_nodes,
    make_request,
)

H100, H200, A100 = "h100-sxm-80gb", "h200-sxm-141gb", "a100-sxm-80gb"


def test_groups_of_one_gpu_model_the_other_hosts_are_left_out() -> None:
    nodes = (*make_nodes(2, 8, H100), make_node("old", [A100] * 8))
    choice = choose(make_request(nodes))
    assert choice.gpu.name == H100
    assert [node.name for node in choice.nodes] == ["gpu-0000", "gpu-0001"]
    assert [(fault.code, fault.found) for fault in choice.left_out] == [
        ("gpus_differ_between_hosts", "1 hosts without h100-sxm-80gb")
    ]


def test_the_pool_with_the_better_answer_is_taken() -> None:
    nodes = (*make_nodes(2, 8, A100), make_node("new", [H200] * 8))
    choice = choose(make_request(nodes))
    assert (choice.gpu.name, choice.weight_format.name) == (H200, "fp8")


def test_a_group_of_several_hosts_leaves_slow_ones_out() -> None:
    nodes = (make_node("slow", [H100] * 8, gigabits=[10]), *make_nodes(2, 8, H100))
    choice = choose(make_request(nodes, constraints=Constraints(weight_format="fp8")))
    assert choice.best.candidate.hosts == 2
    assert [node.name for node in choice.nodes] == ["gpu-0000", "gpu-0001"]
    assert [fault.code for fault in choice.left_out] == ["fabric_too_slow"]


def test_a_group_of_one_host_takes_slow_ones_too() -> None:
    nodes = (make_node("slow", [H200] * 8, gigabits=[10]), *make_nodes(1, 8, H200))
    choice = choose(make_request(nodes))
    assert (choice.best.candidate.groups, len(choice.nodes)) == (2, 2)
    assert choice.left_out == ()


def test_tensor_parallelism_over_hosts_is_kept_where_it_was_asked() -> None:
    nodes = make_nodes(4, 4, H100)
    asked = choose(make_request(nodes, constraints=Constraints(tensor_parallel=16)))
    assert sizes_of(asked.best.candidate) == (16, 1)
    free = choose(make_request(nodes))
    refused = {sizes_of(each.candidate): each.fault for each in free.refused}
    assert refused[(16, 1)].code == "tensor_parallel_leaves_host"
    assert refused[(4, 3)].code == "gpus_left_idle"
    assert refused[(4, 2)].code == "memory_short"
    assert refused[(4, 2)].fix == "set pipeline_parallel to 4"


def test_a_stage_count_that_leaves_gpus_idle_is_kept_where_it_was_asked() -> None:
    wishes = Constraints(pipeline_parallel=3)
    choice = choose(make_request(make_nodes(4, 4, H100), constraints=wishes))
    assert sizes_of(choice.best.candidate) == (4, 3)


def test_where_more_stages_do_not_help_the_best_layout_is_named() -> None:
    wishes = Constraints(pipeline_parallel=1)
    request = make_request(
        make_nodes(1, 4, H100), model="deepseek-r1-distill-llama-70b", constraints=wishes
    )
    refused = {sizes_of(each.candidate): each.fault for each in choose(request).refused}
    assert refused[(2, 1)].fix == "use bfloat16, tensor 4 x pipeline 1"


def test_formats_that_were_not_needed_are_listed() -> None:
    choice = choose(make_request(make_nodes(1, 8, H200)))
    refused = {
        each.candidate.weight_format: (sizes_of(each.candidate), each.fault.code)
        for each in choice.refused
        if each.candidate.weight_format != "fp8"
    }
    assert refused["awq"] == ((8, 1), "weight_format_not_needed")
    assert refused["nvfp4"] == ((8, 1), "format_not_for_gpu")


@pytest.mark.parametrize(
    ("concurrency", "groups"), [(1, 1), (166, 1), (167, 2), (332, 2), (333, 3)]
)
def test_the_fewest_groups_that_hold_all_requests(concurrency: int, groups: int) -> None:
    wishes = Constraints(
        tensor_parallel=8,
        pipeline_parallel=1,
        attention_data_parallel=1,
        concurrency=concurrency,
    )
    request = make_request(make_nodes(4, 8, H200), objective=FEWEST_GPUS, constraints=wishes)
    assert choose(request).best.candidate.groups == groups


def test_the_speculative_head_is_used_where_memory_is_left() -> None:
    wishes = Constraints(speculative=True)
    choice = choose(make_request(make_nodes(1, 8, H200), constraints=wishes))
    assert choice.best.candidate.speculative
    choice = choose(make_request(make_nodes(2, 8, H100), constraints=wishes))
    assert not choice.best.candidate.speculative


def test_hosts_without_gpus_serve_on_their_cpus() -> None:
    nodes = [replace(node, rails=()) for node in make_nodes(2, 0, H100)]
    wishes = Constraints(pipeline_parallel=2)
    request = make_request(nodes, model="smollm2-135m-instruct", constraints=wishes)
    choice = choose(request)
    assert choice.gpu.name == "cpu"
    assert sizes_of(choice.best.candidate) == (1, 2)
    assert choice.best.candidate.hosts == 2
    assert [node.name for node in choice.nodes] == ["gpu-0000", "gpu-0001"]


@pytest.mark.parametrize("objective", [LATENCY, THROUGHPUT])
def test_all_layouts_of_a_choice_are_in_order(objective: str) -> None:
    choice = choose(make_request(make_nodes(2, 8, H100), objective=objective))
    figure = {
        LATENCY: [each.cost.decode_seconds for each in choice.ranked],
        THROUGHPUT: [-each.cost.tokens_per_second for each in choice.ranked],
    }[objective]
    assert choice.best == choice.ranked[0]
    assert figure == sorted(figure)
    assert len(figure) > 3


def sizes_of(candidate: Candidate) -> tuple[int, int]:
    return candidate.tensor_parallel, candidate.pipeline_parallel
