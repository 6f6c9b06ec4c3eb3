from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layouts import Ask
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.nearest import (
    change_of,
    closest,
    relaxed,
    short_refusals,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import make_pools
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    LATENCY,
    Constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.search import Task, search

from tests.unit.plugins.module_utils.planning.search_samples import make_nodes

R1 = find_model("deepseek-r1")
FP8 = R1.formats[0]
H100 = "h100-sxm-80gb"


def task_of(hosts: int, gpus: int, *, gpu: str = H100, **wishes: object) -> Task:
    (pool,) = make_pools(make_nodes(hosts, gpus, gpu))
    return Task(R1, FP8, pool, Ask(LATENCY, Constraints(**wishes)))  # type: ignore[arg-type]


def change(task: Task) -> str:
    return change_of(task, search(task).short)


@pytest.mark.parametrize(
    ("hosts", "gpus", "wishes", "expected"),
    [
        (1, 8, {}, "add 1 hosts of 8 GPUs: fp8, tensor 2 x pipeline 6 on 12 GPUs fits"),
        (1, 4, {}, "add 2 hosts of 4 GPUs: fp8, tensor 2 x pipeline 6 on 12 GPUs fits"),
        (
            1,
            8,
            {"tensor_parallel": 8},
            "add 1 hosts of 8 GPUs: fp8, tensor 8 x pipeline 2 on 16 GPUs fits",
        ),
        (
            1,
            8,
            {"tensor_parallel": 8, "groups": 1, "concurrency": 200},
            "add 2 hosts of 8 GPUs: fp8, tensor 8 x pipeline 3 on 24 GPUs fits",
        ),
        (
            2,
            8,
            {"tensor_parallel": 8, "pipeline_parallel": 2, "groups": 1, "concurrency": 200},
            "lower concurrency to 148",
        ),
        (
            2,
            8,
            {"tensor_parallel": 4, "pipeline_parallel": 1},
            "take a smaller model, or GPUs with more memory",
        ),
    ],
)
def test_what_would_do(hosts: int, gpus: int, wishes: dict[str, object], expected: str) -> None:
    assert change(task_of(hosts, gpus, **wishes)) == expected  # type: ignore[arg-type]


def test_several_groups_may_share_a_host_that_is_added() -> None:
    llama = find_model("deepseek-r1-distill-llama-8b")
    (pool,) = make_pools(make_nodes(1, 2, H100))
    wishes = Constraints(tensor_parallel=1, pipeline_parallel=1, groups=5, concurrency=501)
    task = Task(llama, llama.formats[0], pool, Ask(LATENCY, wishes))
    assert search(task).short == ()
    larger = replace(task, ask=Ask(LATENCY, replace(wishes, groups=0)))
    assert change(larger) == (
        "add 2 hosts of 2 GPUs: bfloat16, tensor 1 x pipeline 1 on 6 GPUs fits; "
        "or lower concurrency to 200"
    )


def test_a_shape_that_never_works_has_no_hosts_to_add() -> None:
    task = task_of(1, 8)
    layouts = search(task).short
    odd = replace(task, ask=Ask(LATENCY, Constraints(tensor_parallel=3)))
    assert change_of(odd, layouts) == "take a smaller model, or GPUs with more memory"


def test_the_closest_layout_lacks_least() -> None:
    task = task_of(1, 8)
    layout = closest(task, search(task).short).candidate
    assert (layout.tensor_parallel, layout.pipeline_parallel) == (8, 1)


def test_each_layout_has_its_own_missing_memory() -> None:
    task = task_of(1, 2)
    refused = short_refusals(task, search(task))
    assert len({each.fault.found for each in refused}) == 3
    assert len({each.fault.fix for each in refused}) == 1


def test_nothing_short_needs_no_reason() -> None:
    task = task_of(1, 8, gpu="h200-sxm-141gb", tensor_parallel=8)
    assert short_refusals(task, search(task)) == ()


def test_one_wish_at_a_time_is_left_out() -> None:
    wishes = Constraints(
        tensor_parallel=4, context=1000, concurrency=7, typical_tokens=10, speculative=True
    )
    assert list(relaxed(wishes)) == [
        ("tensor_parallel 4", replace(wishes, tensor_parallel=0)),
        ("context 1000", replace(wishes, context=0)),
        ("concurrency 7", replace(wishes, concurrency=1)),
    ]


def test_without_wishes_none_is_left_out() -> None:
    assert list(relaxed(Constraints())) == []
