"""The engine's own reserve: worked examples of its rule, and what real engines chose."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning import reserve as rule
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    PREFILL,
    Constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.reserve import (
    Reserve,
    chunked_prefill_tokens,
    decode_graph_requests,
    prefill_graph_sizes,
    reserve,
    static_fraction,
)

from tests.unit.plugins.module_utils.planning.engine_samples import RUNS, run_layout, run_model
from tests.unit.plugins.module_utils.planning.model_samples import candidate

LATENT = find_model("deepseek-r1")
GROUPED = find_model("llama-3.3-70b-instruct")
ANY = Constraints()
L4, A100_40, A100, H100, H20, H200, B200 = 23034, 40960, 81920, 81559, 97871, 143771, 183359


@pytest.mark.parametrize(
    ("gpu_mib", "chunk", "requests", "requests_tp4"),
    [
        (16384, 2048, 8, 8),
        (20479, 2048, 8, 8),
        (20480, 2048, 24, 80),
        (L4, 2048, 24, 80),
        (35840, 4096, 32, 160),
        (A100_40, 4096, 32, 160),
        (61440, 8192, 256, 512),
        (A100, 8192, 256, 512),
        (92160, 8192, 256, 512),
        (H20, 8192, 256, 512),
        (163839, 8192, 256, 512),
        (163840, 16384, 512, 512),
        (B200, 16384, 512, 512),
    ],
)
def test_defaults_follow_the_memory_of_the_gpu(
    gpu_mib: int, chunk: int, requests: int, requests_tp4: int
) -> None:
    assert chunked_prefill_tokens(gpu_mib) == chunk
    assert decode_graph_requests(gpu_mib, candidate(2), ANY) == requests
    assert decode_graph_requests(gpu_mib, candidate(4), ANY) == requests_tp4


@pytest.mark.parametrize(
    ("tensor", "attention", "concurrency", "speculative", "requests"),
    [
        (8, 8, 1, False, 64),
        (16, 16, 1, False, 32),
        (8, 8, 1000, False, 125),
        (8, 8, 9000, False, 512),
        (8, 8, 1, True, 6),
        (8, 1, 1, True, 48),
        (8, 1, 100, True, 100),
        (2, 1, 900, False, 256),
    ],
)
def test_attention_groups_share_the_decode_graphs_and_the_concurrency_raises_them(
    *, tensor: int, attention: int, concurrency: int, speculative: bool, requests: int
) -> None:
    layout = candidate(tensor, attention=attention, speculative=speculative)
    constraints = Constraints(concurrency=concurrency)
    assert decode_graph_requests(H200, layout, constraints) == requests


def test_a_group_of_more_attention_groups_than_graph_requests_keeps_one_each() -> None:
    assert decode_graph_requests(16384, candidate(16, attention=16), ANY) == 1


def test_prefill_graphs_are_as_many_as_the_engine_lists() -> None:
    # server_info of the recorded starts: 42 sizes up to 2,048 tokens, 58 up to 8,192.
    assert len(prefill_graph_sizes(2048)) == 42
    assert len(prefill_graph_sizes(8192)) == 58
    assert prefill_graph_sizes(2048)[:9] == (4, 8, 12, 16, 20, 24, 28, 32, 48)
    assert prefill_graph_sizes(2048)[-3:] == (1536, 1792, 2048)


@pytest.mark.parametrize(
    ("gpu_mib", "layout", "constraints", "expected"),
    [
        (H100, candidate(16), ANY, Reserve(14848, 1024, 15872)),
        (A100, candidate(8, 4), ANY, Reserve(16896, 1024, 17920)),
        (B200, candidate(8), ANY, Reserve(26112, 1024, 27136)),
        (A100_40, candidate(1), ANY, Reserve(6784, 64, 6848)),
        (L4, candidate(1), ANY, Reserve(3712, 48, 3760)),
        (H200, candidate(8, attention=8), ANY, Reserve(13824, 1664, 15488)),
        (
            B200,
            candidate(2, attention=2),
            Constraints(concurrency=800),
            Reserve(25344, 4400, 29744),
        ),
        (H100, candidate(16), Constraints(serving_mode=DECODE), Reserve(5632, 1024, 10240)),
        (
            H100,
            candidate(8, speculative=True),
            Constraints(serving_mode=DECODE, concurrency=600),
            Reserve(5136, 1024, 10240),
        ),
        (H100, candidate(16), Constraints(serving_mode=PREFILL), Reserve(14848, 0, 14848)),
    ],
)
def test_the_reserve_of_latent_attention(
    gpu_mib: int, layout: Any, constraints: Constraints, expected: Reserve
) -> None:
    assert reserve(gpu_mib, LATENT, layout, constraints) == expected


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        (ANY, Reserve(12928, 976, 13904)),
        (Constraints(serving_mode=DECODE), Reserve(3712, 512, 10240)),
        (Constraints(serving_mode=PREFILL), Reserve(12928, 464, 13392)),
    ],
)
def test_the_engine_captures_prefill_graphs_for_grouped_attention(
    constraints: Constraints, expected: Reserve
) -> None:
    assert reserve(H100, GROUPED, candidate(1), constraints) == expected


@pytest.mark.parametrize(
    ("gpu_mib", "layout", "fraction"),
    [
        (H100, candidate(16), 0.805),
        (A100, candidate(8, 4), 0.781),
        (B200, candidate(8), 0.852),
        (A100_40, candidate(1), 0.833),
        (L4, candidate(1), 0.837),
        (H200, candidate(8, attention=8), 0.892),
    ],
)
def test_the_static_fraction_is_rounded_to_three_places(
    gpu_mib: int, layout: Any, fraction: float
) -> None:
    assert static_fraction(gpu_mib, LATENT, layout, ANY) == fraction


def test_a_person_s_fraction_is_taken_as_it_is() -> None:
    assert static_fraction(H100, LATENT, candidate(16), Constraints(memory_fraction=0.9)) == 0.9


@pytest.mark.parametrize(
    "run", [run for run in RUNS if not run["mem_fraction_static_set"]], ids=lambda run: run["name"]
)
def test_a_real_engine_chose_this_fraction_and_chunk(
    run: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = int(run["arguments"][run["arguments"].index("--cuda-graph-max-bs-decode") + 1])
    monkeypatch.setattr(rule, "decode_graph_requests", lambda *_: requests)
    gpu_mib = run["memory_total_mib"]
    found = static_fraction(gpu_mib, run_model(run), run_layout(run), ANY)
    assert found == run["mem_fraction_static"]
    assert chunked_prefill_tokens(gpu_mib) == run["chunked_prefill_size"]
    graphs = reserve(gpu_mib, run_model(run), run_layout(run), ANY).graphs
    assert graphs == 2 * requests + 8 * run["prefill_graphs"]
