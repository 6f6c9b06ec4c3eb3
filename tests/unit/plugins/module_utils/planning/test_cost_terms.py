from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cost_terms import (
    Rates,
    all_reduce_seconds,
    attention_operations,
    hops_seconds,
    matrix_seconds,
    routed_share,
    speculative_gain,
    weights_read,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model

from tests.unit.plugins.module_utils.planning.model_samples import candidate

R1 = find_model("deepseek-r1")
FP8 = R1.formats[0]
LLAMA = find_model("deepseek-r1-distill-llama-8b")
PLAIN = WeightFormat("bfloat16", "bfloat16", 2, 2, 2, 2, 1, 0, (), "", "")
NVLINK = Rates(link=450e9, nvlink=True, fabric=50e9, disk=0)
JOINED = replace(NVLINK, fabric=450e9, joined=True)
PCIE = replace(NVLINK, link=64e9, nvlink=False)
MICROSECOND = 1e-6


@pytest.mark.parametrize(
    ("ranks", "size", "rates", "microseconds"),
    [
        # 6.8 + 2 x 7 x 0.6; NCCL's tree inside a host
        (8, 0, NVLINK, 15.2),
        (8, 0, PCIE, 20.8),
        (2, 0, NVLINK, 8.0),
        # two hosts: 6.8 + 2 x (7 x 0.6 + 1 x 5.0)
        (16, 0, NVLINK, 25.2),
        # eight hosts: 6.8 + 2 x (7 x 0.6 + 3 x 5.0)
        (64, 0, NVLINK, 45.2),
        # 2 x 7/8 x 450 MB at 450 GB/s
        (8, 450e6, NVLINK, 15.2 + 1750),
        # 2 x 15/16 x 50 MB at the 50 GB/s of a host
        (16, 50e6, NVLINK, 25.2 + 1875),
        # two hosts of one NVLink domain: 6.8 + 2 x 8 x 0.6
        (16, 0, JOINED, 16.4),
        (1, 1e9, NVLINK, 0.0),
    ],
)
def test_all_reduce(ranks: int, size: float, rates: Rates, microseconds: float) -> None:
    seconds = all_reduce_seconds(candidate(tensor=ranks), rates, ranks, size)
    assert seconds == pytest.approx(microseconds * MICROSECOND)


def test_a_hop_inside_an_nvlink_domain_is_one_of_nvlink() -> None:
    seconds = hops_seconds(R1, candidate(8, 2), JOINED, 0)
    assert seconds == pytest.approx(7.4 * MICROSECOND)


@pytest.mark.parametrize(
    ("tensor", "stages", "tokens", "microseconds"),
    [
        (8, 1, 1, 0.0),
        # one hop inside a host of eight: 6.8 + 0.6
        (4, 2, 0, 7.4),
        # one hop to the other host: 6.8 + 5.0
        (8, 2, 0, 11.8),
        # two stages a host: 2 hops inside, 1 across
        (4, 4, 0, 2 * 7.4 + 11.8),
        # a stage on two hosts: every hop crosses
        (16, 3, 0, 2 * 11.8),
        # 1000 tokens x 7168 x 2 tensors x 2 bytes at 50 GB/s
        (8, 2, 1000, 11.8 + 573.44),
    ],
)
def test_stage_hops(tensor: int, stages: int, tokens: float, microseconds: float) -> None:
    seconds = hops_seconds(R1, candidate(tensor, stages), NVLINK, tokens)
    assert seconds == pytest.approx(microseconds * MICROSECOND)


@pytest.mark.parametrize(
    ("tokens", "experts", "share"),
    [
        # 8 of 256 for one token
        (1, 1, 0.03125),
        # 256 (1 - (248/256)^64) = 222.4 different ones
        (64, 1, 0.868917),
        # 8 / 8 + sqrt(2 ln 8) = 3.04 on the busiest of 8
        (1, 8, 0.094977),
        (10_000, 8, 1.0),
    ],
)
def test_routed_experts_that_a_step_reads(tokens: float, experts: int, share: float) -> None:
    layout = candidate(8, experts=experts)
    assert routed_share(R1, layout, tokens) == pytest.approx(share, rel=1e-4)


def test_a_dense_model_has_no_routed_experts() -> None:
    assert routed_share(LLAMA, candidate(), 5) == 0.0


def test_a_step_reads_all_weights_but_the_embedding_and_the_experts_it_does_not_take() -> None:
    weights = weights_read(R1, FP8, candidate(8))
    # 58 layers x 256 experts x 3 x 7168 x 2048 weights, a float32 scale for 128 x 128 of them
    routed = 58 * 256 * 3 * 7168 * 2048 * (1 + 4 / 16384) / 8
    assert weights.routed == pytest.approx(routed)
    # MB a layer: 15.1 + 172.0 / 8 of attention, 2 x 16.8 / 8 of its copies; 44.0 / 8 + 3.7 of
    # shared experts and router in 58, 396.4 / 8 of the dense width in 3; 1853 / 8 of the head
    by_hand = 61 * (15.14 + 21.50 + 4.19) + 58 * (5.51 + 3.67) + 3 * 49.55 + 231.7
    assert weights.always == pytest.approx(by_hand * 1e6, rel=0.002)


@pytest.mark.parametrize("tied", [False, True])
def test_the_head_is_read_once_whatever_the_stages(tied: bool) -> None:
    model = replace(LLAMA, tied=tied)
    one, two = (weights_read(model, PLAIN, candidate(1, stages)) for stages in (1, 2))
    assert one.always == pytest.approx(two.always)
    assert one.routed == 0.0


@pytest.mark.parametrize(
    ("absorbed", "operations"),
    [
        # 2 x 128 heads x (2 x 512 + 64) x 61 layers
        (True, 16_990_208.0),
        # 2 x 128 heads x (128 + 64 + 128) x 61 layers
        (False, 4_997_120.0),
    ],
)
def test_latent_attention_costs_more_on_the_compressed_vector(
    absorbed: bool, operations: float
) -> None:
    assert attention_operations(R1, 1, absorbed=absorbed) == operations


def test_grouped_attention_multiplies_keys_and_values() -> None:
    # 2 x 32 heads x 2 x 128 x 32 layers x 10 tokens
    assert attention_operations(LLAMA, 10, absorbed=True) == 5_242_880.0


@pytest.mark.parametrize(("compute", "rate"), [("fp8", 1978.9e12), ("fp4", 989.4e12)])
def test_operations_run_on_the_format_s_units_or_in_bfloat16(compute: str, rate: float) -> None:
    seconds = matrix_seconds(R1, find_gpu("h100-sxm-80gb"), compute, 10, 0.0)
    assert seconds == pytest.approx(10 * 2 * R1.active_parameters / rate / 0.59)


@pytest.mark.parametrize(("requests", "gain"), [(1, 1.8), (16.5, 1.65), (32, 1.5), (48, 1.5)])
def test_the_speculative_head_gains_less_with_more_requests(requests: float, gain: float) -> None:
    assert speculative_gain(requests) == pytest.approx(gain)
