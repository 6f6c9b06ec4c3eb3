from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (
    NoLayoutError,
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    Constraints,
    Request,
)

from tests.unit.plugins.module_utils.planning.search_samples import (
    make_node,
    make_nodes,
    make_request,
)

H100, H200, A100 = "h100-sxm-80gb", "h200-sxm-141gb", "a100-sxm-80gb"


def no_layout(*nodes_and_more: object, **values: object) -> NoLayoutError:
    wishes = {name: value for name, value in values.items() if name != "model"}
    with pytest.raises(NoLayoutError) as error:
        choose(
            make_request(
                *nodes_and_more,  # type: ignore[arg-type]
                model=str(values.get("model", "deepseek-r1")),
                constraints=Constraints(**wishes),  # type: ignore[arg-type]
            )
        )
    return error.value


def reasons(error: NoLayoutError) -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in error.layout_faults]


def test_bfloat16_on_16_gpus_of_80_gb_says_how_many_gib_are_missing() -> None:
    error = no_layout(make_nodes(4, 4, A100), weight_format="bfloat16")
    (fault,) = error.layout_faults
    assert (fault.code, fault.where) == ("memory_short", "bfloat16, tensor 16 x pipeline 1")
    assert fault.found == "80.00 GiB a GPU, 17.40 GiB too little"
    assert fault.needed.startswith("80.04 GiB of weights, ")
    assert error.changes == (
        "leave out weight_format bfloat16: int8-block, tensor 4 x pipeline 4 fits on a100-sxm-80gb",
        "add 2 hosts of 4 GPUs: bfloat16, tensor 4 x pipeline 6 on 24 GPUs fits",
    )
    assert str(error).endswith(f"nearest change: {error.changes[0]}")


def test_the_change_that_was_named_does_make_it_work() -> None:
    nodes = make_nodes(6, 4, A100)
    wishes = Constraints(weight_format="bfloat16")
    best = choose(make_request(nodes, constraints=wishes)).best.candidate
    assert (best.tensor_parallel, best.pipeline_parallel) == (4, 6)
    with pytest.raises(NoLayoutError):
        choose(make_request(nodes[:5], constraints=wishes))


@pytest.mark.parametrize("mib", [61_000, 70_000])
def test_memory_that_just_does_not_do_says_by_how_much(mib: int) -> None:
    nodes = [make_node("a", [A100], memory_mib=mib)]
    error = no_layout(nodes, model="deepseek-r1-distill-qwen-32b", memory_fraction=0.9)
    (fault,) = error.layout_faults
    short = float(fault.found.split(", ")[1].split(" GiB")[0])
    enough = mib + short / 0.9 * 1024
    for more, works in ((-40, False), (40, True)):
        node = make_node("a", [A100], memory_mib=int(enough + more))
        wishes = Constraints(memory_fraction=0.9)
        request = make_request([node], model="deepseek-r1-distill-qwen-32b", constraints=wishes)
        assert _works(request) is works


def _works(request: Request) -> bool:
    try:
        choose(request)
    except NoLayoutError:
        return False
    return True


def test_more_requests_than_the_cache_holds_may_lower_either() -> None:
    nodes = make_nodes(1, 1, H100)
    error = no_layout(
        nodes, model="deepseek-r1-distill-llama-8b", groups=1, context=131_072, concurrency=200
    )
    assert reasons(error) == [("memory_short", "bfloat16, tensor 1 x pipeline 1")] or error.changes
    assert "leave out concurrency 200: bfloat16, tensor 1 x pipeline 1 fits on h100-sxm-80gb" in (
        error.changes
    )
    assert any("lower concurrency to 100" in change for change in error.changes)


def test_a_context_that_fits_no_cache_says_which_would() -> None:
    error = no_layout(
        make_nodes(1, 1, "a100-sxm-40gb"),
        model="deepseek-r1-distill-qwen-14b",
        context=131_072,
    )
    (fault,) = error.layout_faults
    assert fault.code == "context_short"
    assert "lower context to " in fault.fix


def test_a_slow_network_is_named_beside_the_memory_that_one_host_lacks() -> None:
    error = no_layout(make_nodes(4, 4, H100, gigabits=[10]), weight_format="fp8")
    assert [code for code, _ in reasons(error)] == ["memory_short", "fabric_too_slow"]
    assert error.changes[0] == (
        "bring 3 more hosts to 25 Gb/s: fp8, tensor 2 x pipeline 6 on 12 GPUs fits"
    )
    slow = error.layout_faults[1]
    assert (slow.found, slow.needed) == (
        "4 of 4 hosts below it, the slowest with 10 Gb/s",
        "25 Gb/s between 4 hosts",
    )


def test_a_format_that_no_gpu_here_runs_is_the_only_reason() -> None:
    error = no_layout(make_nodes(4, 8, A100), weight_format="fp8")
    assert [code for code, _ in reasons(error)] == ["format_not_for_gpu"]
    assert error.changes[0] == (
        "leave out weight_format fp8: bfloat16, tensor 8 x pipeline 4 fits on a100-sxm-80gb"
    )


def test_sizes_that_need_more_hosts_say_how_many() -> None:
    error = no_layout(make_nodes(1, 8, H200), tensor_parallel=16, weight_format="fp8")
    assert reasons(error) == [("hosts_missing", "tensor 16 x pipeline 1")]
    assert error.changes == (
        "leave out tensor_parallel 16: fp8, tensor 8 x pipeline 1 fits on h200-sxm-141gb",
        "add 1 hosts of 8 GPUs, or ask for fewer GPUs or groups",
    )


def test_sizes_that_the_shape_does_not_allow_are_refused_by_it() -> None:
    error = no_layout(make_nodes(1, 8, H200), tensor_parallel=3, weight_format="fp8")
    assert "heads_do_not_divide" in [code for code, _ in reasons(error)]


def test_a_model_that_is_too_large_for_any_number_of_hosts_says_so() -> None:
    error = no_layout(make_nodes(1, 1, "l4-24gb"), weight_format="bfloat16", tensor_parallel=1)
    assert error.layout_faults[0].fix == "take a smaller model, or GPUs with more memory"


@pytest.mark.parametrize(
    ("wishes", "code", "fix"),
    [
        ({"weight_format": "fp88"}, "unknown_weight_format", "write fp8, or remove fp88"),
        ({"context": 163_841}, "context_longer_than_model", "set context to 163840 or less"),
        (
            {"typical_tokens": 200_000},
            "context_longer_than_model",
            "set typical_tokens to 163840 or less",
        ),
    ],
)
def test_wishes_that_the_model_cannot_have(wishes: dict[str, object], code: str, fix: str) -> None:
    error = no_layout(make_nodes(1, 8, H200), **wishes)
    assert [(fault.code, fault.fix) for fault in error.layout_faults] == [(code, fix)]


def test_no_hosts_at_all() -> None:
    assert reasons(no_layout(())) == [("no_serving_hosts", "group serving")]


def test_only_hosts_that_cannot_serve() -> None:
    nodes = (make_node("mixed", [H100, A100]), make_node("bare", []))
    assert reasons(no_layout(nodes)) == [
        ("host_without_gpu", "bare"),
        ("gpus_differ_in_host", "mixed"),
    ]


def test_every_refused_layout_is_kept_in_the_error() -> None:
    error = no_layout(make_nodes(1, 2, H100), weight_format="fp8")
    sizes = [
        (each.candidate.tensor_parallel, each.candidate.pipeline_parallel) for each in error.refused
    ]
    assert sorted(sizes) == [(1, 1), (1, 2), (2, 1)]
