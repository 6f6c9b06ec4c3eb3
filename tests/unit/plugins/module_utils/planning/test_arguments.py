"""The engine arguments of layouts: worked examples, known options, accepted plans."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.arguments import (
    context_tokens,
    engine_arguments,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cpu_memory import (
    cpu_memory_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import NodeGpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import memory_of
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    LATENCY,
    PREFILL,
    Constraints,
    Request,
)

from tests.unit.plugins.module_utils.planning.engine_samples import (
    FIRST_VERSION,
    LAST_VERSION,
    OPTION_LISTS,
    options_of,
)
from tests.unit.plugins.module_utils.planning.model_samples import candidate
from tests.unit.plugins.module_utils.planning.plan_samples import node
from tests.unit.plugins.module_utils.planning.test_plan import DOCUMENT

H100, H200 = 81559, 143771
R1 = find_model("deepseek-r1")
ANY = Constraints()


def request(
    constraints: Constraints = ANY, version: str = FIRST_VERSION, *, model: str = "deepseek-r1"
) -> Request:
    """A question about hosts with GPUs."""
    return Request("sample", find_model(model), (node(),), LATENCY, constraints, "sglang", version)


def arguments(layout: Candidate, asked: Request, *, gpu_mib: int = H100) -> tuple[str, ...]:
    weight_format = find_format(asked.model, layout.weight_format)
    memory = memory_of(asked.model, weight_format, gpu_mib, layout, asked.constraints)
    return engine_arguments(asked, layout, memory)


def test_r1_on_two_hosts_of_eight_h100() -> None:
    assert arguments(candidate(16), request()) == (
        *("--tp-size", "16", "--pp-size", "1"),
        *("--context-length", "163840"),
        *("--mem-fraction-static", "0.805"),
        *("--chunked-prefill-size", "8192"),
        *("--cuda-graph-max-bs-decode", "512"),
        "--enable-metrics",
    )


def test_everything_that_can_be_asked_at_once() -> None:
    layout = candidate(8, attention=8, experts=8, speculative=True)
    constraints = Constraints(context=32768, concurrency=64, key_value_format="fp8_e4m3")
    assert arguments(layout, request(constraints), gpu_mib=H200) == (
        *("--tp-size", "8", "--pp-size", "1"),
        *("--dp-size", "8", "--enable-dp-attention"),
        *("--ep-size", "8"),
        *("--context-length", "32768"),
        *("--mem-fraction-static", "0.902"),
        *("--chunked-prefill-size", "8192"),
        *("--cuda-graph-max-bs-decode", "8"),
        *("--kv-cache-dtype", "fp8_e4m3"),
        *("--max-running-requests", "64"),
        *("--speculative-algorithm", "EAGLE"),
        *("--speculative-num-steps", "3"),
        *("--speculative-eagle-topk", "1"),
        *("--speculative-num-draft-tokens", "4"),
        "--enable-metrics",
    )


def test_a_backend_is_named_and_memory_bounds_graphs_and_running_requests() -> None:
    asked = request(Constraints(attention_backend="triton"))
    memory = memory_of(R1, find_format(R1, "fp8"), H100, candidate(16), asked.constraints)
    bounded = replace(memory, graph_requests=40, running_requests=41)
    assert engine_arguments(asked, candidate(16), bounded)[10:] == (
        *("--cuda-graph-max-bs-decode", "40"),
        *("--attention-backend", "triton"),
        *("--max-running-requests", "41"),
        "--enable-metrics",
    )
    drafted = candidate(16, speculative=True)
    found = engine_arguments(asked, drafted, bounded)
    assert found[found.index("--max-running-requests") + 1] == "41"


def test_a_weight_format_brings_its_own_arguments_at_the_end() -> None:
    layout = candidate(16, weight_format="int8-channel")
    assert arguments(layout, request(), gpu_mib=81920)[-3:] == (
        "--enable-metrics",
        "--quantization",
        "w8a8_int8",
    )


def test_the_newer_release_has_one_option_for_attention_groups() -> None:
    found = arguments(candidate(8, attention=4), request(version=LAST_VERSION), gpu_mib=H200)
    assert found[4:6] == ("--attn-dp-size", "4")
    assert not {"--dp-size", "--enable-dp-attention"} & set(found)


@pytest.mark.parametrize(("mode", "graphs"), [(PREFILL, False), (DECODE, True)])
def test_a_prefill_engine_is_told_nothing_about_decode_graphs(mode: str, *, graphs: bool) -> None:
    found = arguments(candidate(16), request(Constraints(serving_mode=mode)))
    assert ("--cuda-graph-max-bs-decode" in found) is graphs


def test_a_context_longer_than_the_kv_cache_is_not_offered() -> None:
    memory = memory_of(R1, find_format(R1, "fp8"), H200, candidate(8), ANY)
    small = replace(memory, tokens=64000)
    assert context_tokens(R1, candidate(8), small, 0) == 64000
    assert context_tokens(R1, candidate(8, attention=8), small, 0) == 8000
    assert context_tokens(R1, candidate(8), small, 4096) == 4096
    assert context_tokens(R1, candidate(8), memory, 0) == 163840


def test_the_engine_without_gpus_is_told_its_tokens() -> None:
    model = find_model("smollm2-135m-instruct")
    layout = candidate(1, 2, weight_format="bfloat16")
    asked = Request("lab", model, (node(gpus=()),), LATENCY, ANY, "sglang-cpu", FIRST_VERSION)
    memory = cpu_memory_of(model, find_format(model, "bfloat16"), 4096, layout, ANY)
    assert engine_arguments(asked, layout, memory) == (
        *("--tp-size", "1", "--pp-size", "2"),
        *("--device", "cpu"),
        *("--context-length", "4096"),
        *("--mem-fraction-static", str(memory.static_fraction)),
        *("--max-total-tokens", "4096"),
        *("--attention-backend", "torch_native"),
        *("--sampling-backend", "pytorch"),
        "--disable-overlap-schedule",
        "--skip-server-warmup",
        "--sleep-on-idle",
        "--enable-metrics",
    )


@pytest.mark.parametrize("version", OPTION_LISTS)
@pytest.mark.parametrize("name", [known.name for known in R1.formats])
@pytest.mark.parametrize("speculative", [False, True])
def test_each_argument_is_an_option_of_the_release_with_or_without_a_value(
    version: str, name: str, *, speculative: bool
) -> None:
    layout = candidate(8, 2, attention=4, experts=2, weight_format=name, speculative=speculative)
    known = options_of(version)
    items = list(arguments(layout, request(Constraints(key_value_format="bf16"), version)))
    while items:
        option = items.pop(0)
        assert option in known
        if known[option]:
            assert not items.pop(0).startswith("--")


@pytest.mark.parametrize(
    ("version", "size"),
    [(FIRST_VERSION, "data_parallel"), (LAST_VERSION, "attention_data_parallel")],
)
def test_a_plan_with_these_arguments_is_accepted(version: str, size: str) -> None:
    layout = candidate(8, 2, attention=4, experts=8)
    document: dict[str, Any] = copy.deepcopy(DOCUMENT)
    document["layout"] = {
        "tensor_parallel": 8,
        "pipeline_parallel": 2,
        "data_parallel": 1,
        "expert_parallel": 8,
        size: 4,
    }
    document["arguments"] = list(arguments(layout, request(version=version)))
    for rank in document["groups"][0]["ranks"]:
        rank["gpus"] = list(range(8))
    plan = parse_plan(document)
    assert list(plan.groups[0].arguments or plan.arguments) == document["arguments"]


def test_a_host_with_gpus_makes_it_a_gpu_plan() -> None:
    gpu = NodeGpu(0, "NVIDIA H100 80GB HBM3", H100, 0)
    asked = replace(request(), nodes=(node(gpus=()), node(gpus=(gpu,))))
    assert "--device" not in arguments(candidate(16), asked)
