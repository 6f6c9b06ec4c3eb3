"""Records as a table: what was predicted, what was found, and how far from the plan it is."""

from __future__ import annotations

from typing import Any

from tests.gpu.table import table

SHAPE = {"model": "deepseek-v2-lite", "layers": 27, "gpus": 1}


def record(name: str, chosen_by: str, rate: float) -> dict[str, Any]:
    return {
        "name": name,
        "chosen_by": chosen_by,
        **SHAPE,
        "ready_seconds": 81.4,
        "weights_gib": 30.0,
        "kv_tokens": 1_000_000,
        "predicted": {"weights_gib": 29.7, "kv_tokens": 1_050_000},
        "measured": [{"streams": 8, "output_tokens_per_second": rate}],
    }


def test_a_launch_stands_beside_its_prediction_and_the_plan_s_rate() -> None:
    failed = {"name": "bad", "chosen_by": "hand", **SHAPE, "failure": "LaunchError: rank 0 ended"}
    found = list(table([record("one", "plan", 1000.0), record("two", "hand", 950.0), failed]))
    memory = "30.00 GiB (predicted -1.0 %) | 1,000,000 (predicted +5.0 %)"
    assert found == [
        "| launch | ready s | weights | KV tokens | 8 streams |",
        "| --- | --- | --- | --- | --- |",
        f"| one | 81 | {memory} | 1,000 (+0.0 %) |",
        f"| two | 81 | {memory} | 950 (-5.0 %) |",
        "| bad | LaunchError: rank 0 ended |  |  |  |",
    ]
