"""The stages of the guide and the hardware that SGLang's page recommends for DeepSeek-R1 671B.

Literal figures: whoever changes a constant sees here what it does to real sites. SGLang's page of
DeepSeek-V3 lists FP8 on 8 x H200 and 2 x 8 H100 or H20 (B200 in NVFP4 or FP8), BF16 on 4 x 8 A100,
INT8 on 16 A100, AWQ on 8 A100, W4A8 on 8 H100.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (
    Choice,
    NoLayoutError,
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    LATENCY,
    THROUGHPUT,
    Constraints,
)

from tests.unit.plugins.module_utils.planning.search_samples import make_nodes, make_request

H100, H200, H20 = "h100-sxm-80gb", "h200-sxm-141gb", "h20-96gb"
A100, B200 = "a100-sxm-80gb", "b200-sxm-180gb"
GIB = 1024**3
SPEED = {H100: 400.0, H200: 400.0, H20: 400.0, A100: 200.0, B200: 400.0}


@dataclass(frozen=True)
class Site:
    """Hosts, GPUs of each, and what is asked of them."""

    hosts: int
    gpus: int
    gpu: str
    objective: str = LATENCY
    model: str = "deepseek-r1"
    concurrency: int = 1


STAGE_1 = Site(1, 2, H100, model="deepseek-r1-distill-qwen-32b")
STAGE_2 = Site(4, 4, H100)
STAGE_3 = Site(8, 4, A100)


def choice_for(site: Site) -> Choice:
    nodes = make_nodes(site.hosts, site.gpus, site.gpu, gigabits=[SPEED[site.gpu]] * site.gpus)
    wishes = Constraints(concurrency=site.concurrency)
    return choose(
        make_request(nodes, model=site.model, objective=site.objective, constraints=wishes)
    )


@pytest.mark.parametrize(
    ("site", "weight_format", "layout"),
    [
        # (tensor, pipeline, attention data, expert, groups, GPUs a host)
        (STAGE_1, "bfloat16", (2, 1, 1, 1, 1, 2)),
        (STAGE_2, "fp8", (4, 4, 1, 1, 1, 4)),
        (Site(4, 4, H100, THROUGHPUT, concurrency=64), "fp8", (4, 4, 4, 1, 1, 4)),
        (STAGE_3, "bfloat16", (4, 8, 1, 1, 1, 4)),
        (Site(8, 4, A100, THROUGHPUT), "bfloat16", (4, 8, 4, 1, 1, 4)),
        (Site(1, 8, H200), "fp8", (8, 1, 1, 1, 1, 8)),
        (Site(2, 8, H100), "fp8", (8, 2, 1, 1, 1, 8)),
        (Site(2, 8, H20), "fp8", (8, 2, 1, 1, 1, 8)),
        (Site(2, 8, H20, THROUGHPUT, concurrency=128), "fp8", (4, 4, 4, 1, 1, 8)),
        (Site(2, 8, B200), "fp8", (8, 1, 1, 1, 2, 8)),
        (Site(2, 8, B200, THROUGHPUT, concurrency=256), "fp8", (4, 2, 4, 1, 2, 8)),
        (Site(4, 8, A100), "bfloat16", (8, 4, 1, 1, 1, 8)),
        (Site(2, 8, A100), "int8-block", (8, 2, 1, 1, 1, 8)),
        (Site(1, 8, A100), "awq", (8, 1, 1, 1, 1, 8)),
        (Site(1, 8, H100), "w4afp8", (8, 1, 1, 1, 1, 8)),
        (Site(2, 8, H200), "fp8", (8, 1, 1, 1, 2, 8)),
    ],
)
def test_weight_format_and_sizes(site: Site, weight_format: str, layout: tuple[int, ...]) -> None:
    found = choice_for(site).best.candidate
    assert found.weight_format == weight_format
    assert (
        found.tensor_parallel,
        found.pipeline_parallel,
        found.attention_data_parallel,
        found.expert_parallel,
        found.groups,
        found.gpus_per_host,
    ) == layout


@pytest.mark.parametrize(
    ("site", "weights_gib", "tokens", "decode_ms", "load_seconds"),
    [
        (STAGE_1, 30.5, 276_992, 16.66, 10.9),
        (STAGE_2, 43.7, 1_100_480, 15.39, 114.8),
        (STAGE_3, 43.6, 2_027_520, 30.63, 228.2),
        (Site(1, 8, H200), 79.5, 682_304, 8.01, 114.8),
        (Site(2, 8, H20), 42.4, 1_085_312, 10.21, 114.8),
        (Site(2, 8, B200), 79.5, 1_090_432, 7.43, 114.8),
    ],
)
def test_figures(
    site: Site, weights_gib: float, tokens: int, decode_ms: float, load_seconds: float
) -> None:
    best = choice_for(site).best
    assert best.memory.weights / GIB == pytest.approx(weights_gib, abs=0.05)
    assert best.memory.tokens == pytest.approx(tokens, rel=0.01)
    assert best.cost.decode_seconds * 1000 == pytest.approx(decode_ms, rel=0.01)
    assert best.cost.load_seconds == pytest.approx(load_seconds, abs=0.05)


def test_the_terms_of_stage_3_one_by_one() -> None:
    terms = {name: 1000 * seconds for name, seconds in choice_for(STAGE_3).best.cost.terms}
    assert terms == pytest.approx(
        {
            "decode weight reads": 11.1007,
            "decode KV reads": 0.156849,
            "decode matrix operations beyond the reads": 0.0,
            "decode all-reduces": 1.27754,
            "decode stage hops": 0.084607,
            "decode engine steps": 18.006,
            "prefill matrix operations": 58.5722,
            "prefill weight reads beyond the operations": 0.0,
            "prefill all-reduces": 4.63602,
            "prefill pipeline bubble": 442.457,
            "prefill stage hops": 8.30344,
            "load of the weights": 228_163.0,
        },
        rel=1e-4,
    )


def test_stage_3_refuses_what_does_not_fit_and_what_leaves_the_host() -> None:
    refused = {
        (each.candidate.tensor_parallel, each.candidate.pipeline_parallel): each.fault
        for each in choice_for(STAGE_3).refused
        if each.candidate.weight_format == "bfloat16"
    }
    assert refused[(4, 4)].code == "memory_short"
    assert refused[(4, 4)].fix == "set pipeline_parallel to 8"
    assert refused[(32, 1)].code == "tensor_parallel_leaves_host"
    assert refused[(32, 1)].found == "exchanges of each layer over 800 Gb/s a host"


def test_70_billion_parameters_in_bfloat16_are_too_many_for_two_gpus_of_80_gb() -> None:
    with pytest.raises(NoLayoutError) as error:
        choice_for(Site(1, 2, H100, model="deepseek-r1-distill-llama-70b"))
    (fault,) = error.value.layout_faults
    assert fault.found == "79.65 GiB a GPU, 2.00 GiB too little"
    assert error.value.changes == (
        "add 1 hosts of 2 GPUs: bfloat16, tensor 2 x pipeline 2 on 4 GPUs fits",
    )
