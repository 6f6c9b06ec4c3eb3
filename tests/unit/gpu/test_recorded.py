"""The planner's memory against every start of a real engine that was recorded."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning import memory
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_format
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

from tests.gpu.plan_launches import GRAPHS
from tests.unit.plugins.module_utils.planning.engine_samples import run_model

RECORDED = Path(__file__).resolve().parents[2] / "gpu" / "recorded"
WEIGHTS, TOKENS = 0.03, 0.08
Record = dict[str, Any]


def records() -> Iterator[Record]:
    """Every record below the directory: files hold one, or a list of them."""
    for file in sorted(RECORDED.rglob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        yield from content if isinstance(content, list) else [content]


STARTED = [record for record in records() if "weights_gib" in record]
PREDICTED = [record for record in STARTED if "predicted" in record]
BY_RULE = [
    record
    for record in STARTED
    if not record["mem_fraction_static_set"] and GRAPHS not in record["arguments"]
]
ALONE = [record for record in STARTED if record["gpus"] == 1]
# One correction is carried from each shape to each other one on the same card.
PAIRS = [
    (one, other)
    for one, other in itertools.permutations(ALONE, 2)
    if one["model"] != other["model"] and one["card"] == other["card"]
]


def label(value: Any) -> str:
    return str(value["name"])


def size(arguments: Sequence[str], option: str) -> int:
    """The value of a parallel size, 1 where it is not given."""
    return int(arguments[arguments.index(option) + 1]) if option in arguments else 1


def layout(record: Record) -> Candidate:
    arguments = record["arguments"]
    return Candidate(
        weight_format=record["format"],
        tensor_parallel=size(arguments, "--tp-size"),
        pipeline_parallel=size(arguments, "--pp-size"),
        attention_data_parallel=size(arguments, "--dp-size"),
        expert_parallel=size(arguments, "--ep-size"),
        groups=1,
        gpus_per_host=1,
        speculative=False,
    )


def planned(record: Record, fraction: float) -> Memory:
    """The planner's memory of a start, at a fraction or (0) by its own rule."""
    model = run_model(record)
    return memory.memory_of(
        model,
        find_format(model, record["format"]),
        record["memory_total_mib"],
        layout(record),
        Constraints(memory_fraction=fraction),
    )


def tokens_of_one_group(record: Record, found: Memory) -> int:
    """Tokens as the engine counts them: of one attention group."""
    return found.tokens // layout(record).attention_data_parallel


@pytest.mark.parametrize("record", STARTED, ids=label)
def test_weights_and_tokens_are_near(record: Record) -> None:
    found = planned(record, record["mem_fraction_static"])
    assert found.weights / 1024**3 == pytest.approx(record["weights_gib"], rel=WEIGHTS)
    assert tokens_of_one_group(record, found) == pytest.approx(record["kv_tokens"], rel=TOKENS)


@pytest.mark.parametrize("record", PREDICTED, ids=label)
def test_what_was_predicted_before_the_start_came_true(record: Record) -> None:
    before = record["predicted"]
    groups = layout(record).attention_data_parallel
    assert before["weights_gib"] == pytest.approx(record["weights_gib"], rel=WEIGHTS)
    assert before["kv_tokens"] / groups == pytest.approx(record["kv_tokens"], rel=TOKENS)


@pytest.mark.parametrize("record", BY_RULE, ids=label)
def test_the_fraction_is_the_one_that_the_engine_chose(record: Record) -> None:
    found = planned(record, 0).static_fraction
    assert found == pytest.approx(record["mem_fraction_static"], abs=0.002)


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=label)
def test_a_constant_corrected_on_one_shape_holds_on_another(
    one: Record, other: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    static_mib = 1024 * (one["weights_gib"] + one["kv_cache_gib"])
    before_weights = one["memory_total_mib"] - static_mib / one["mem_fraction_static"]
    monkeypatch.setattr(memory, "CONTEXT_MIB", round(before_weights - memory.DRIVER_MIB))
    found = planned(other, other["mem_fraction_static"])
    assert tokens_of_one_group(other, found) == pytest.approx(other["kv_tokens"], rel=TOKENS)


def test_both_shapes_of_one_gpu_are_recorded() -> None:
    assert {("deepseek-v2-lite", 27), ("deepseek-r1", 7)} <= {
        (record["model"], record["layers"]) for record in ALONE
    }


def test_each_record_says_card_driver_versions_and_date() -> None:
    fields = {"card", "driver", "torch_release", "cuda", "engine_release", "date"}
    assert [record["name"] for record in records() if not fields <= set(record)] == []
