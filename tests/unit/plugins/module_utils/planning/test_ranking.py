from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Considered,
    Cost,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.ranking import (
    in_order,
    leaves_host,
    quality,
    rank_key,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    FEWEST_GPUS,
    LATENCY,
    LONGEST_CONTEXT,
    THROUGHPUT,
)

from tests.unit.plugins.module_utils.planning.model_samples import candidate

R1 = find_model("deepseek-r1")
FORMATS = {each.name: each for each in R1.formats}
MEMORY = Memory(80, 50, 10, 0, 0, 10, 1, 100_000, 0.8)
COST = Cost((), 0.02, 0.5, 1, 50.0, 0.0)
PLAIN = Considered(candidate(8), MEMORY, COST)


def better(objective: str, this: Considered, other: Considered) -> bool:
    return rank_key(R1, objective, this) < rank_key(R1, objective, other)


@pytest.mark.parametrize(
    ("objective", "change"),
    [
        (LATENCY, {"decode_seconds": 0.019}),
        (LATENCY, {"prefill_seconds": 0.4}),
        (LATENCY, {"tokens_per_second": 51.0}),
        (THROUGHPUT, {"tokens_per_second": 51.0, "decode_seconds": 1.0}),
        (THROUGHPUT, {"decode_seconds": 0.019}),
        (LONGEST_CONTEXT, {"decode_seconds": 0.019}),
        (FEWEST_GPUS, {"decode_seconds": 0.019}),
    ],
)
def test_better_figures_win(objective: str, change: dict[str, float]) -> None:
    faster = replace(PLAIN, cost=replace(COST, **change))  # type: ignore[arg-type]
    assert better(objective, faster, PLAIN)
    assert not better(objective, PLAIN, faster)


@pytest.mark.parametrize(("tokens", "wins"), [(100_001, True), (99_999, False)])
def test_the_longest_context_is_the_tokens_of_an_attention_group(tokens: int, wins: bool) -> None:
    other = replace(PLAIN, memory=replace(MEMORY, tokens=tokens))
    assert better(LONGEST_CONTEXT, other, PLAIN) is wins


def test_tokens_beyond_the_model_s_context_do_not_count() -> None:
    full, more = (
        replace(PLAIN, memory=replace(MEMORY, tokens=tokens)) for tokens in (163_840, 1_000_000)
    )
    assert rank_key(R1, LONGEST_CONTEXT, full) == rank_key(R1, LONGEST_CONTEXT, more)


def test_fewer_gpus_win_over_any_speed() -> None:
    small = replace(PLAIN, candidate=candidate(2, 3), cost=replace(COST, decode_seconds=1.0))
    assert better(FEWEST_GPUS, small, PLAIN)
    two_groups = replace(PLAIN, candidate=replace(candidate(2, 3), groups=2))
    assert better(FEWEST_GPUS, PLAIN, two_groups)


def test_of_as_few_gpus_those_in_one_host_win() -> None:
    apart = replace(
        PLAIN,
        candidate=replace(candidate(8), gpus_per_host=4),
        cost=replace(COST, decode_seconds=0.001),
    )
    assert leaves_host(apart.candidate)
    assert not leaves_host(PLAIN.candidate)
    assert better(FEWEST_GPUS, PLAIN, apart)


def test_equal_figures_leave_it_to_the_sizes() -> None:
    noise = replace(
        PLAIN,
        candidate=candidate(4),
        cost=replace(COST, decode_seconds=0.02 * (1 + 1e-12)),
    )
    assert better(LATENCY, noise, PLAIN)


def test_the_official_format_is_first_then_more_bits() -> None:
    order = sorted(R1.formats, key=lambda each: quality(R1, each))
    assert [each.name for each in order] == [
        "fp8",
        "bfloat16",
        "int8-block",
        "int8-channel",
        "awq",
        "w4afp8",
        "nvfp4",
    ]


@pytest.mark.parametrize(
    ("gpu", "last"),
    [
        ("h100-sxm-80gb", ["w4afp8", "awq", "nvfp4"]),
        ("b200-sxm-180gb", ["nvfp4", "w4afp8", "awq"]),
    ],
)
def test_of_equal_bits_the_faster_units_are_first(gpu: str, last: list[str]) -> None:
    assert [each.name for each in in_order(R1, find_gpu(gpu))][-3:] == last


def test_a_dense_model_s_bits_are_those_of_its_dense_matrices() -> None:
    llama = find_model("deepseek-r1-distill-llama-8b")
    official = llama.formats[0]
    small = replace(official, name="small", linear_bytes=0.5)
    both = replace(llama, formats=(official, small))
    assert quality(both, official) == (0.0, -2.0)
    assert quality(both, small) == (1.0, -0.5)
