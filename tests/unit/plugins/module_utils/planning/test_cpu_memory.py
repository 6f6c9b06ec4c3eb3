"""The memory of a rank without GPUs."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.cpu_memory import (
    cpu_memory_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Memory
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

from tests.unit.plugins.module_utils.planning.model_samples import candidate

MIB = 1024**2
MODEL = find_model("smollm2-135m-instruct")


def memory(memory_mib: int, constraints: Constraints) -> Memory:
    layout = candidate(1, 2, weight_format="bfloat16")
    return cpu_memory_of(MODEL, find_format(MODEL, "bfloat16"), memory_mib, layout, constraints)


@pytest.mark.parametrize(
    ("constraints", "tokens"),
    [
        (Constraints(), 4096),
        (Constraints(concurrency=2), 8192),
        (Constraints(context=8000, typical_tokens=100), 8000),
    ],
)
def test_the_cache_holds_what_was_asked_for(constraints: Constraints, tokens: int) -> None:
    found = memory(4096, constraints)
    assert found.tokens == tokens
    # Two of 3 heads' keys and values of 64 elements, 15 layers a stage, two bytes each.
    assert found.token_bytes == 2 * 3 * 64 * 15 * 2
    assert found.key_value == tokens * found.token_bytes
    assert found.total == found.weights + found.key_value + found.reserve + found.runtime


def test_the_fraction_covers_weights_and_cache_and_is_rounded_up() -> None:
    found = memory(4096, Constraints())
    share = (found.weights + found.key_value) / found.total
    assert share <= found.static_fraction < share + 0.001
    assert memory(4096, Constraints(memory_fraction=0.1)).static_fraction == 0.1


def test_fewer_tokens_fit_where_the_memory_is_nearly_used_up() -> None:
    room = memory(4096, Constraints())
    small = (room.runtime + room.weights) // MIB + 2
    found = memory(small, Constraints())
    assert 0 < found.tokens < 4096


def test_what_is_missing_is_negative() -> None:
    found = memory(1024, Constraints())
    assert found.tokens == 0
    assert found.key_value == found.total - found.runtime - found.weights < 0
    assert found.reserve == 0
