from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    Pool,
    make_pools,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import (
    bytes_short,
    crossing_fault,
    first_fault,
    format_not_needed,
    hosts_fault,
    idle_fault,
    layout_name,
    memory_fault,
    tokens_held,
    tokens_needed,
    unusable_format,
    workspace_fault,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

from tests.unit.plugins.module_utils.planning.model_samples import candidate
from tests.unit.plugins.module_utils.planning.search_samples import make_node, make_nodes

R1 = find_model("deepseek-r1")
FORMATS = {each.name: each for each in R1.formats}
H100, A100 = "h100-sxm-80gb", "a100-sxm-80gb"
GIB = 1024**3
# 80 GiB: 50 of weights, 14 kept, 2 of runtime, 14 for 131,072 tokens of 114,688 bytes
MEMORY = Memory(80 * GIB, 50 * GIB, 14 * GIB, 0, 0, 14 * GIB, 114_688, 131_072, 0.8, 2 * GIB)


def pool(hosts: int = 2, gpus: int = 8, gpu: str = H100) -> Pool:
    return make_pools(make_nodes(hosts, gpus, gpu))[0]


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        (candidate(4, 2), "fp8, tensor 4 x pipeline 2"),
        (
            candidate(8, attention=4, experts=2, speculative=True),
            "fp8, tensor 8 x pipeline 1 x attention data 4 x expert 2 x speculative head",
        ),
    ],
)
def test_a_layout_reads_in_one_line(layout: Candidate, name: str) -> None:
    assert layout_name(layout) == name


@pytest.mark.parametrize(
    ("gpu", "weight_format", "runs"),
    [
        (A100, "fp8", False),
        (A100, "bfloat16", True),
        (A100, "int8-block", True),
        (H100, "fp8", True),
        (H100, "nvfp4", False),
    ],
)
def test_formats_that_a_gpu_runs(gpu: str, weight_format: str, runs: bool) -> None:
    assert (unusable_format(pool(gpu=gpu), FORMATS[weight_format]) is None) is runs


def test_cpus_compute_bfloat16_alone() -> None:
    hosts = pool(gpus=0)
    assert unusable_format(hosts, FORMATS["bfloat16"]) is None
    fault = unusable_format(hosts, FORMATS["fp8"])
    assert fault
    assert (fault.code, fault.fix) == (
        "format_not_for_gpu",
        "choose bfloat16, or hosts with GPUs",
    )


def test_the_model_s_shape_comes_before_the_hosts() -> None:
    layout = replace(candidate(32, 1), groups=9)
    fault = first_fault(R1, FORMATS["fp8"], pool(), layout)
    assert fault
    assert fault.code == "width_does_not_divide"


@pytest.mark.parametrize(
    ("layout", "found", "needed", "fix"),
    [
        (
            replace(candidate(8, 2), groups=2),
            "2 hosts with 8 free GPUs of h100-sxm-80gb",
            "4: 2 groups of 2 hosts with 8 GPUs each",
            "add 2 hosts of 8 GPUs, or ask for fewer GPUs or groups",
        ),
        (
            replace(candidate(8, 1), groups=3),
            "2 hosts with 8 free GPUs of h100-sxm-80gb",
            "3: 3 groups of 1 hosts with 8 GPUs each",
            "add 1 hosts of 8 GPUs, or ask for fewer GPUs or groups",
        ),
    ],
)
def test_too_few_hosts_say_how_many_are_missing(
    layout: Candidate, found: str, needed: str, fix: str
) -> None:
    fault = hosts_fault(pool(), layout)
    assert fault
    assert (fault.code, fault.found, fault.needed, fault.fix) == (
        "hosts_missing",
        found,
        needed,
        fix,
    )


def test_hosts_that_suffice_are_no_fault() -> None:
    assert hosts_fault(pool(), candidate(8, 2)) is None
    assert first_fault(R1, FORMATS["fp8"], pool(), candidate(8, 2)) is None


def test_a_slow_network_says_its_rate_and_the_least() -> None:
    nodes = (*make_nodes(1, 8, H100), make_node("slow", [H100] * 8, gigabits=[10]))
    fault = hosts_fault(make_pools(nodes)[0], candidate(8, 2))
    assert fault
    assert (fault.code, fault.found, fault.needed) == (
        "fabric_too_slow",
        "1 of 2 hosts below it, the slowest with 10 Gb/s",
        "25 Gb/s between 2 hosts",
    )


@pytest.mark.parametrize(
    ("concurrency", "context", "groups", "attention", "tokens"),
    [
        (1, 0, 1, 1, 4096),
        (10, 0, 1, 1, 40_960),
        (10, 0, 3, 1, 16_384),
        (10, 0, 1, 4, 12_288),
        (10, 131_072, 1, 1, 131_072),
        (1, 1000, 1, 8, 4096),
    ],
)
def test_tokens_of_one_attention_group(
    concurrency: int, context: int, groups: int, attention: int, tokens: int
) -> None:
    layout = replace(candidate(8, attention=attention), groups=groups)
    wishes = Constraints(concurrency=concurrency, context=context)
    assert tokens_needed(layout, wishes) == tokens


@pytest.mark.parametrize(
    ("memory", "concurrency", "short"),
    [
        (MEMORY, 32, 0),
        (MEMORY, 33, 4096 * 114_688),
        (replace(MEMORY, tokens=0, key_value=-3 * GIB), 1, 3 * GIB + 4096 * 114_688),
    ],
)
def test_bytes_that_are_missing(memory: Memory, concurrency: int, short: int) -> None:
    assert bytes_short(candidate(8), memory, Constraints(concurrency=concurrency)) == short


def test_a_part_of_a_page_needs_a_whole_one() -> None:
    wishes = Constraints(context=131_073)
    assert bytes_short(candidate(8), MEMORY, wishes) == 64 * 114_688


def test_tokens_held_by_one_attention_group() -> None:
    assert tokens_held(candidate(8, attention=8), MEMORY) == 16_384


def test_missing_memory_says_how_many_gib_of_what() -> None:
    short = replace(MEMORY, weights=70 * GIB, tokens=0, key_value=-6 * GIB)
    fault = memory_fault(candidate(8), short, Constraints(), "add a host")
    assert (fault.code, fault.where, fault.fix) == (
        "memory_short",
        "fp8, tensor 8 x pipeline 1",
        "add a host",
    )
    assert fault.found == "80.00 GiB a GPU, 6.44 GiB too little"
    assert fault.needed == (
        "70.00 GiB of weights, 16.00 GiB that the engine keeps free and 0.44 GiB for 4096 KV tokens"
    )


def test_a_context_that_does_not_fit_says_what_does() -> None:
    fault = memory_fault(candidate(8), MEMORY, Constraints(context=163_840), "lower context")
    assert (fault.code, fault.found, fault.needed) == (
        "context_short",
        "131072 KV tokens, 3.50 GiB too few on each GPU",
        "163840 tokens for the longest request",
    )


def test_buffers_that_leave_no_room_for_a_request_say_how_large_they_are() -> None:
    memory = replace(MEMORY, reserve=2 * GIB, workspace=GIB // 2)
    fault = workspace_fault(candidate(16), memory, Constraints())
    assert fault is not None
    assert fault.line() == (
        "fp8, tensor 16 x pipeline 1: workspace short: found 2.00 GiB that the engine keeps free of"
        " each GPU, needed room for 0.50 GiB of attention buffers a request beside its prefill,"
        " with or without decode graphs; lower memory_fraction or context, or set another"
        " attention_backend"
    )


def test_buffers_for_fewer_requests_than_were_asked_say_for_how_many() -> None:
    memory = replace(MEMORY, workspace=GIB, graph_requests=40, running_requests=41)
    layout = replace(candidate(8), groups=2)
    assert workspace_fault(layout, memory, Constraints(concurrency=82)) is None
    fault = workspace_fault(layout, memory, Constraints(concurrency=83))
    assert fault is not None
    assert fault.line() == (
        "fp8, tensor 8 x pipeline 1: running requests short: found attention buffers for 41"
        " requests of a group at once, needed 42: concurrency 83 in 2 groups; lower concurrency to"
        " 82, or set another attention_backend"
    )


def test_memory_without_buffers_is_no_fault_of_theirs() -> None:
    assert workspace_fault(candidate(16), MEMORY, Constraints(concurrency=5000)) is None


def test_tensor_parallelism_over_hosts_is_told_both_rates() -> None:
    fault = crossing_fault(pool(), candidate(16), candidate(8, 2))
    assert (fault.code, fault.found, fault.needed, fault.fix) == (
        "tensor_parallel_leaves_host",
        "exchanges of each layer over 1600 Gb/s a host",
        "tensor parallel inside a host, 3600 Gb/s a GPU, where it fits: "
        "fp8, tensor 8 x pipeline 2 does",
        "set tensor_parallel to 16 to have it all the same",
    )


def test_idle_gpus_are_counted() -> None:
    fault = idle_fault(pool(4, 4), candidate(4, 3), candidate(4, 4))
    assert (fault.code, fault.found, fault.fix) == (
        "gpus_left_idle",
        "12 of 16 GPUs used by 1 groups",
        "set pipeline_parallel to 3 to have it all the same",
    )


def test_a_format_that_is_not_needed_says_which_one_fits() -> None:
    fault = format_not_needed(candidate(8), "awq")
    assert (fault.where, fault.found) == (
        "weight format awq",
        "fp8 fits: fp8, tensor 8 x pipeline 1",
    )
