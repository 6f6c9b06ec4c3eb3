"""The buffers that attention takes for decode, and what they leave room for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.decode_workspace import (
    LARGEST_PART,
    largest_graph,
    latent_splits,
    request_buffers,
    with_decode_workspace,
    workspace_bytes,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import memory_of
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    PREFILL,
    Constraints,
)

from tests.unit.plugins.module_utils.planning.model_samples import candidate

MIB, GIB = 1024**2, 1024**3
R1, LLAMA = find_model("deepseek-r1"), find_model("deepseek-r1-distill-llama-8b")
SLICE = replace(R1, layers=7, draft_layers=0)
H100, A100 = find_gpu("h100-sxm-80gb"), find_gpu("a100-sxm-80gb")
TRITON = Constraints(attention_backend="triton")
CONTEXT = 163840


def found(constraints: Constraints, layout: Candidate | None = None) -> Memory:
    layout = layout or candidate(1)
    pool = memory_of(SLICE, find_format(R1, "fp8"), H100.memory_mib, layout, constraints)
    return with_decode_workspace(pool, SLICE, H100, layout, constraints)


@pytest.mark.parametrize(
    ("multiprocessors", "context", "splits"),
    [(132, 163840, 256), (108, 163840, 128), (132, 1024, 32), (132, 128, 8), (0, 163840, 8)],
)
def test_latent_splits_follow_multiprocessors_and_context(
    multiprocessors: int, context: int, splits: int
) -> None:
    assert latent_splits(multiprocessors, context) == splits


@pytest.mark.parametrize(
    ("layout", "heads"),
    [(candidate(1), 128), (candidate(4, 8), 32), (candidate(8, attention=8), 128)],
)
def test_a_request_has_a_partial_result_for_each_head_of_its_gpu(
    layout: Candidate, heads: int
) -> None:
    buffers = request_buffers(R1, layout, CONTEXT, H100)
    assert buffers.partial == heads * 256 * (512 + 1) * 4
    assert buffers.indices == CONTEXT * 8
    half = request_buffers(R1, layout, CONTEXT, A100)
    assert half.partial * 2 == buffers.partial


def test_speculative_decoding_has_ten_rows_for_each_request() -> None:
    plain = request_buffers(R1, candidate(8), CONTEXT, H100)
    drafted = request_buffers(R1, candidate(8, speculative=True), CONTEXT, H100)
    assert drafted.partial == 10 * plain.partial
    assert drafted.indices == 11 * plain.indices


def test_grouped_query_attention_has_few_splits() -> None:
    assert request_buffers(LLAMA, candidate(1), 131072, H100).partial == 32 * 8 * (128 + 1) * 4


def test_256_requests_of_r1_need_the_16_gib_that_an_h100_did_not_have() -> None:
    size = workspace_bytes(R1, candidate(1), CONTEXT, 256, H100)
    logits = 16 * GIB
    assert size == logits + 256 * 128 * 256 * 4 + 256 * CONTEXT * 8


def test_graphs_and_running_requests_keep_to_their_part_of_what_is_left() -> None:
    memory = found(TRITON)
    assert (memory.graph_requests, memory.running_requests) == (40, 41)
    assert memory.workspace == workspace_bytes(SLICE, candidate(1), CONTEXT, 40, H100)
    assert memory.workspace <= LARGEST_PART * 10.46 * GIB


@pytest.mark.parametrize(
    ("layout", "running"), [(candidate(2, attention=2), 86), (candidate(1, 2), 82)]
)
def test_running_requests_are_of_all_stages_and_attention_groups(
    layout: Candidate, running: int
) -> None:
    assert found(TRITON, layout).running_requests == running


def test_a_short_context_takes_less_of_each_request() -> None:
    """Each of 128 heads has 128 splits of 32 tokens, where all that R1 reads has 256."""
    memory = found(replace(TRITON, context=4096))
    assert memory.graph_requests == 96
    assert memory.workspace == 96 * (128 * 128 * (512 + 1) * 4 + 4096 * 8)


def test_the_engine_s_own_limit_is_kept_where_it_is_lower() -> None:
    layout = candidate(64, 8)
    pool = memory_of(R1, find_format(R1, "fp8"), H100.memory_mib, layout, TRITON)
    assert with_decode_workspace(pool, R1, H100, layout, TRITON).running_requests == 0


@pytest.mark.parametrize(
    "constraints", [Constraints(), Constraints(attention_backend="triton", serving_mode=PREFILL)]
)
def test_without_triton_s_decode_nothing_changes(constraints: Constraints) -> None:
    memory = found(constraints)
    assert (memory.workspace, memory.running_requests) == (0, 0)
    assert memory.graph_requests == (0 if constraints.serving_mode == PREFILL else 256)


def test_grouped_query_attention_keeps_the_engine_s_own_limits() -> None:
    pool = memory_of(LLAMA, find_format(LLAMA, "bfloat16"), 81559, candidate(1), TRITON)
    memory = with_decode_workspace(pool, LLAMA, H100, candidate(1), TRITON)
    assert (memory.graph_requests, memory.running_requests) == (256, 0)
    assert memory.workspace == 256 * (32 * 8 * 129 * 4 + 131072 * 8)


def test_no_decode_is_left_where_one_request_has_no_room() -> None:
    memory = found(replace(TRITON, memory_fraction=0.967))
    assert memory.tokens > 0
    assert memory.graph_requests == 0
    assert memory.workspace == pytest.approx(65.375 * MIB, rel=0.001)


@pytest.mark.parametrize(
    ("requests", "graph"), [(0, 0), (1, 1), (3, 2), (15, 12), (41, 40), (270, 256), (520, 512)]
)
def test_graphs_are_as_large_as_a_step_of_the_engine(requests: int, graph: int) -> None:
    assert largest_graph(requests) == graph
