from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost import (
    Load,
    Machine,
    cost_of,
    requests_of_a_group,
    requests_that_fit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_terms import Rates
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Cost,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import memory_of
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

from tests.unit.plugins.module_utils.planning.model_samples import candidate

R1 = find_model("deepseek-r1")
FP8 = R1.formats[0]
H200 = find_gpu("h200-sxm-141gb")
RATES = Rates(link=450e9, nvlink=True, fabric=400e9, disk=6e9)
MACHINE = Machine(H200, H200.memory_mib, RATES)


def cost(layout: Candidate, requests: int = 1, tokens: int = 4096, disk: float = 6e9) -> Cost:
    memory = memory_of(R1, FP8, H200.memory_mib, layout, Constraints())
    machine = replace(MACHINE, rates=replace(RATES, disk=disk))
    return cost_of(R1, FP8, machine, layout, memory, Load(requests, tokens))


def term(result: Cost, name: str) -> float:
    return dict(result.terms)[name]


@pytest.mark.parametrize("layout", [candidate(8), candidate(4, 2), candidate(8, attention=8)])
@pytest.mark.parametrize("requests", [1, 100])
def test_the_sums_are_those_of_the_terms(layout: Candidate, requests: int) -> None:
    result = cost(layout, requests)
    for phase, total in (("decode", result.decode_seconds), ("prefill", result.prefill_seconds)):
        parts = [seconds for name, seconds in result.terms if name.startswith(phase)]
        assert total == pytest.approx(sum(parts))
    assert all(seconds >= 0 for _, seconds in result.terms)


def test_every_term_has_a_name() -> None:
    assert [name for name, _ in cost(candidate(4, 2)).terms] == [
        "decode weight reads",
        "decode KV reads",
        "decode matrix operations beyond the reads",
        "decode all-reduces",
        "decode stage hops",
        "decode engine steps",
        "prefill matrix operations",
        "prefill weight reads beyond the operations",
        "prefill all-reduces",
        "prefill pipeline bubble",
        "prefill stage hops",
        "load of the weights",
    ]


def test_kv_reads_are_all_layers_of_every_request() -> None:
    # 61 layers x 576 elements x 2 bytes x 4096 tokens at 90 % of 4.8 TB/s
    one = 61 * 576 * 2 * 4096 / (0.9 * 4.8e12)
    assert term(cost(candidate(8)), "decode KV reads") == pytest.approx(one)
    assert term(cost(candidate(8), 16), "decode KV reads") == pytest.approx(16 * one)
    # DP attention: each of 8 attention groups reads its 2 requests alone
    shared = cost(candidate(8, attention=8), 16)
    assert term(shared, "decode KV reads") == pytest.approx(2 * one)
    # stages work on their parts of the batch in turn: 8 requests at once, all layers
    assert term(cost(candidate(4, 2), 16), "decode KV reads") == pytest.approx(8 * one)


def test_all_reduces_are_two_a_layer() -> None:
    # 61 x 2 x (6.8 us + 2 x 7 x 0.6 us + 2 x 7/8 x 7168 x 2 bytes / 450 GB/s)
    seconds = 61 * 2 * (15.2e-6 + 1.75 * 7168 * 2 / 450e9)
    assert term(cost(candidate(8)), "decode all-reduces") == pytest.approx(seconds)


def test_dp_attention_has_one_exchange_of_all_gpus_a_layer() -> None:
    seconds = 61 * (15.2e-6 + 1.75 * 7168 * 2 / 450e9)
    assert term(cost(candidate(8, attention=8)), "decode all-reduces") == pytest.approx(seconds)


def test_engine_steps_are_one_a_stage() -> None:
    # 1.9 ms a stage and 46 us a layer
    steps = [term(cost(candidate(8, stages)), "decode engine steps") for stages in (1, 2)]
    assert steps == pytest.approx([1.9e-3 + 61 * 46e-6, 3.8e-3 + 61 * 46e-6])


def test_the_bubble_is_the_other_stages_time_for_one_chunk() -> None:
    # 32,768 tokens are 4 chunks of 8,192 on this GPU; three other stages wait for one of them.
    result = cost(candidate(2, 4), tokens=32_768)
    work = sum(
        seconds
        for name, seconds in result.terms
        if name.startswith("prefill") and "bubble" not in name and "hops" not in name
    )
    assert term(result, "prefill pipeline bubble") == pytest.approx(work * 3 / 4)


def test_short_prompts_wait_for_the_weights() -> None:
    assert term(cost(candidate(8), tokens=16), "prefill weight reads beyond the operations") > 0
    long = cost(candidate(8), tokens=32_768)
    assert term(long, "prefill weight reads beyond the operations") == 0.0


def test_large_batches_wait_for_the_matrix_units() -> None:
    few, many = cost(candidate(8, attention=8), 8), cost(candidate(8, attention=8), 2048)
    name = "decode matrix operations beyond the reads"
    assert term(few, name) == 0.0
    assert term(many, name) > 0.0


def test_the_speculative_head_saves_its_part_of_a_step() -> None:
    plain, fast = cost(candidate(8)), cost(candidate(8, speculative=True))
    assert fast.decode_seconds == pytest.approx(plain.decode_seconds / 1.8)
    saved = term(fast, "decode saved by the speculative head")
    assert saved == pytest.approx(plain.decode_seconds / 1.8 - plain.decode_seconds)


@pytest.mark.parametrize(("disk", "seconds"), [(6e9, 114.7644546255), (0.0, 0.0)])
def test_loading_is_the_checkpoint_at_the_disk_s_rate(disk: float, seconds: float) -> None:
    result = cost(candidate(8), disk=disk)
    assert result.load_seconds == pytest.approx(seconds)
    assert term(result, "load of the weights") == result.load_seconds


def test_tokens_a_second_are_of_all_groups_with_their_prompts() -> None:
    one, three = cost(candidate(8), 4), cost(replace(candidate(8), groups=3), 4)
    assert (one.concurrency, three.concurrency) == (4, 12)
    assert three.tokens_per_second == pytest.approx(3 * one.tokens_per_second)
    answer = 0.2 * 4096
    seconds = answer * one.decode_seconds + 4 * one.prefill_seconds
    assert one.tokens_per_second == pytest.approx(4 * answer / seconds)


@pytest.mark.parametrize(("concurrency", "groups", "each"), [(1, 1, 1), (5, 2, 3), (4, 4, 1)])
def test_groups_share_the_requests(concurrency: int, groups: int, each: int) -> None:
    layout = replace(candidate(8), groups=groups)
    assert requests_of_a_group(layout, Constraints(concurrency=concurrency)) == each


@pytest.mark.parametrize(
    ("attention", "speculative", "typical", "concurrency", "requests"),
    [
        (1, False, 4096, 1, 166),
        (8, False, 4096, 1, 1328),
        (1, False, 64, 1, 2048),
        (1, False, 64, 5000, 5000),
        (1, True, 4096, 1, 48),
        (1, True, 4096, 100, 100),
    ],
)
def test_requests_that_a_group_holds_and_runs(
    attention: int, speculative: bool, typical: int, concurrency: int, requests: int
) -> None:
    layout = candidate(8, attention=attention, speculative=speculative)
    wishes = Constraints(typical_tokens=typical, concurrency=concurrency)
    memory = memory_of(R1, FP8, H200.memory_mib, layout, Constraints())
    held = replace(memory, tokens=682_304 * attention)
    assert requests_that_fit(layout, held, wishes) == requests
