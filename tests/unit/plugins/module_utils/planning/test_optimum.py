"""The search finds what looking at everything finds."""

from __future__ import annotations

from random import Random

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (
    NoLayoutError,
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.decode_workspace import (
    with_decode_workspace,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.formats import format_fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Considered,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import memory_of
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    Constraints,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.reserve import (
    chunked_prefill_tokens,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.shape_rules import (
    shape_faults,
)

from tests.unit.plugins.module_utils.planning.enumerator import best_layout
from tests.unit.plugins.module_utils.planning.enumerator_world import Rules, World
from tests.unit.plugins.module_utils.planning.random_worlds import random_request

# Random worlds, many times over the lines that the worked examples run.
pytestmark = pytest.mark.no_cover

CASES = 600
BATCHES = 20


def world_of(request: Request) -> World:
    gpu = find_gpu(request.nodes[0].gpus[0].model)

    def memory(
        model: ModelSpec, weight_format: WeightFormat, mib: int, layout: Candidate, asked: object
    ) -> Memory:
        assert isinstance(asked, Constraints)
        pool = memory_of(model, weight_format, mib, layout, asked)
        return with_decode_workspace(pool, model, gpu, layout, asked)

    rules = Rules(
        memory=memory,
        shape_allows=lambda *layout: not shape_faults(*layout),
        format_runs=lambda *pair: format_fault(*pair) is None,
        chunk=chunked_prefill_tokens,
    )
    return World(request, gpu, rules)


def request_number(seed: int) -> Request:
    return random_request(Random(seed))  # noqa: S311 - test data, no secret


def chosen(request: Request) -> Considered | None:
    try:
        return choose(request).best
    except NoLayoutError:
        return None


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_choice_is_the_best_of_all_layouts(batch: int) -> None:
    for seed in range(batch, CASES, BATCHES):
        request = request_number(seed)
        best, choice = best_layout(world_of(request)), chosen(request)
        assert (choice is None) == (best is None), f"seed {seed}: {best} but {choice}"
        if best is None or choice is None:
            continue
        cost = choice.cost
        assert choice.candidate == best.candidate, f"seed {seed}"
        found = (cost.decode_seconds, cost.prefill_seconds, cost.tokens_per_second)
        assert found == pytest.approx(best.figures, rel=1e-9), f"seed {seed}"


def test_the_random_cases_reach_every_kind_of_answer() -> None:
    answers = [chosen(request_number(seed)) for seed in range(CASES)]
    found = [answer.candidate for answer in answers if answer]
    assert CASES / 2 < len(found) < CASES
    kinds = (
        [answer.pipeline_parallel > 2 for answer in found],
        [answer.attention_data_parallel > 1 for answer in found],
        [answer.expert_parallel > 1 for answer in found],
        [answer.tensor_parallel > answer.gpus_per_host for answer in found],
        [answer.hosts > 1 for answer in found],
        [answer.hosts > 1 and answer.groups > 1 for answer in found],
        [answer.speculative for answer in found],
    )
    assert min(sum(kind) for kind in kinds) >= 5
