"""The planner's memory against every start of a real engine that was recorded."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning import memory
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.attention_backend import (
    TRITON,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.decode_workspace import (
    left_after_pool,
    with_decode_workspace,
    workspace_bytes,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_format
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    stages_bytes,
)

from tests.gpu.plan_launches import GRAPHS, RUNNING
from tests.unit.plugins.module_utils.planning.engine_samples import run_model

RECORDED = Path(__file__).resolve().parents[2] / "gpu" / "recorded"
WEIGHTS, TOKENS = 0.03, 0.08
GIB = 1024**3
# What the captured graphs themselves take beside the buffers of attention, on one GPU and with
# others, whose collectives have buffers too.
GRAPHS_GIB, JOINED_GRAPHS_GIB = 0.4, 0.7
# Two H200 keep 0.06 GiB more each than the planner says, two H100 0.03; a log rounds to 0.01.
LEFT_GIB = 0.1
LACKED = re.compile(r"CUDA out of memory\. Tried to allocate ([0-9.]+) GiB")
CAPTURED = re.compile(r"Capture target decode CUDA graph begin\..* bs=\[.*?(\d+)\]")
Record = dict[str, Any]


def records() -> Iterator[Record]:
    """Every record below the directory: files hold one, or a list of them."""
    for file in sorted(RECORDED.rglob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        yield from content if isinstance(content, list) else [content]


def size(arguments: Sequence[str], option: str) -> int:
    """The value of a parallel size, 1 where it is not given."""
    return int(arguments[arguments.index(option) + 1]) if option in arguments else 1


STARTED = [record for record in records() if "weights_gib" in record]
PREDICTED = [record for record in STARTED if "predicted" in record]
BY_RULE = [
    record
    for record in STARTED
    if not record["mem_fraction_static_set"] and GRAPHS not in record["arguments"]
]
CAPTURES = [record for record in STARTED if "decode_graphs_gib" in record]
# Rank 0 of a pipeline is not its fullest one.
FULLEST = [record for record in CAPTURES if size(record["arguments"], "--pp-size") == 1]
KILLED = [record for record in records() if LACKED.search("\n".join(record.get("log", [])))]
# Started, and out of memory under load: the largest graphs are captured, a prefill then lacks room.
OVERRUN = [record for record in CAPTURES if "CUDA out of memory" in str(record.get("tails"))]
ALONE = [record for record in STARTED if record["gpus"] == 1]
# One correction is carried from each shape to each other one on the same card.
PAIRS = [
    (one, other)
    for one, other in itertools.permutations(ALONE, 2)
    if one["model"] != other["model"] and one["card"] == other["card"]
]


def label(value: Any) -> str:
    return str(value["name"])


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


def logged(record: Record, pattern: re.Pattern[str]) -> float:
    """The figure of a record's log that the pattern finds."""
    found = pattern.search("\n".join(record["log"]))
    assert found, record["name"]
    return float(found[1])


def workspace(record: Record, requests: int) -> int:
    """Bytes that the planner counts for decode graphs of so many requests."""
    model, gpu = run_model(record), find_gpu(record["card"])
    return workspace_bytes(model, layout(record), model.context, requests, gpu)


def bounded(record: Record, fraction: float) -> Memory:
    """The planner's memory for the launch's card and attention backend."""
    assert "--attention-backend" in record["arguments"]
    constraints = Constraints(attention_backend=TRITON)
    model, gpu = run_model(record), find_gpu(record["card"])
    pool = planned(record, fraction)
    return with_decode_workspace(pool, model, gpu, layout(record), constraints)


def tokens_of_one_group(record: Record, found: Memory) -> int:
    """Tokens as the engine counts them: of one attention group."""
    return found.tokens // layout(record).attention_data_parallel


def weights_of_the_first_stage(record: Record) -> float:
    """What rank 0 says; the planner's memory is that of the fullest stage."""
    model = run_model(record)
    return stages_bytes(model, find_format(model, record["format"]), layout(record))[0]


@pytest.mark.parametrize("record", STARTED, ids=label)
def test_weights_and_tokens_are_near(record: Record) -> None:
    found = planned(record, record["mem_fraction_static"])
    first = weights_of_the_first_stage(record)
    assert first / GIB == pytest.approx(record["weights_gib"], rel=WEIGHTS)
    assert tokens_of_one_group(record, found) == pytest.approx(record["kv_tokens"], rel=TOKENS)


@pytest.mark.parametrize("record", PREDICTED, ids=label)
def test_what_was_predicted_before_the_start_came_true(record: Record) -> None:
    before = record["predicted"]
    if layout(record).pipeline_parallel == 1:
        assert before["weights_gib"] == pytest.approx(record["weights_gib"], rel=WEIGHTS)
    assert before["kv_tokens"] == pytest.approx(record["kv_tokens"], rel=TOKENS)


@pytest.mark.parametrize("record", BY_RULE, ids=label)
def test_the_fraction_is_the_one_that_the_engine_chose(record: Record) -> None:
    found = planned(record, 0).static_fraction
    assert found == pytest.approx(record["mem_fraction_static"], abs=0.002)


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=label)
def test_a_constant_corrected_on_one_shape_holds_on_another(
    one: Record, other: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    static_mib = 1024 * (one["weights_gib"] + one["kv_cache_gib"])
    kept = memory.driver_mib(one["memory_total_mib"])
    before_weights = one["memory_total_mib"] - static_mib / one["mem_fraction_static"]
    monkeypatch.setattr(memory, "CONTEXT_MIB", round(before_weights - kept))
    found = planned(other, other["mem_fraction_static"])
    assert tokens_of_one_group(other, found) == pytest.approx(other["kv_tokens"], rel=TOKENS)


@pytest.mark.parametrize("record", CAPTURES, ids=label)
def test_what_decode_graphs_took_is_attention_s_buffers_and_little_more(record: Record) -> None:
    beside = record["decode_graphs_gib"] - workspace(record, record["decode_graph_requests"]) / GIB
    assert 0 < beside < (GRAPHS_GIB if record["gpus"] == 1 else JOINED_GRAPHS_GIB)


@pytest.mark.parametrize("record", FULLEST, ids=label)
def test_what_is_left_after_the_pool_is_near(record: Record) -> None:
    found = planned(record, record["mem_fraction_static"])
    running = record["max_running_requests"] if RUNNING in record["arguments"] else 0
    left = left_after_pool(found, layout(record), run_model(record).context, running) / GIB
    assert left == pytest.approx(record["available_after_pool_gib"], abs=LEFT_GIB)


@pytest.mark.parametrize("record", [r for r in CAPTURES if r not in OVERRUN], ids=label)
def test_the_planner_allows_decode_graphs_that_started(record: Record) -> None:
    assert bounded(record, 0).graph_requests >= record["decode_graph_requests"]


@pytest.mark.parametrize("record", KILLED, ids=label)
def test_the_planner_avoids_decode_graphs_for_which_memory_did_not_do(record: Record) -> None:
    requests = int(logged(record, CAPTURED))
    lacked = logged(record, LACKED)
    assert 0 < workspace(record, requests) / GIB - lacked < 0.03 * lacked
    assert lacked > record["available_after_pool_gib"]
    found = bounded(record, 0)
    assert 0 < found.graph_requests < requests
    assert found.workspace / GIB < record["available_after_pool_gib"] / 4


@pytest.mark.parametrize("record", OVERRUN, ids=label)
def test_the_planner_avoids_decode_graphs_that_left_no_room_for_a_prefill(record: Record) -> None:
    assert 0 < bounded(record, 0).graph_requests < record["decode_graph_requests"]


def test_starts_that_ran_out_of_memory_are_recorded() -> None:
    assert [record["name"] for record in OVERRUN] == ["r1-slice-9-engine-defaults-2-nodes"]
    assert {record["name"] for record in KILLED} == {
        "r1-slice-7-plan",
        "r1-slice-7-chunk-2048",
        "r1-slice-7-engine-defaults",
    }


def test_both_shapes_of_one_gpu_are_recorded() -> None:
    assert {("deepseek-v2-lite", 27), ("deepseek-r1", 7)} <= {
        (record["model"], record["layers"]) for record in ALONE
    }


def test_each_record_says_card_driver_versions_and_date() -> None:
    fields = {"card", "driver", "torch_release", "cuda", "engine_release", "date"}
    assert [record["name"] for record in records() if not fields <= set(record)] == []
