"""The engine's start, from the text of its metrics."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.verification.startup import (
    startup_times,
)

# As prometheus_client writes SGLang's gauge, between others.
METRICS = """\
# HELP sglang:startup_time_seconds Engine startup duration by phase in seconds.
# TYPE sglang:startup_time_seconds gauge
sglang:startup_time_seconds{engine_type="unified",model_name="smollm2",phase="load_weight"} 1.25
sglang:startup_time_seconds{engine_type="unified",model_name="smollm2",phase="kv_cache_allocation"} 0.5
sglang:startup_time_seconds{engine_type="unified",model_name="smollm2",phase="scheduler_e2e"} 17.0
sglang:startup_time_seconds{engine_type="unified",model_name="smollm2",phase="tokenizer_e2e"} 2.35e+01
# TYPE sglang:startup_cuda_graph_time_seconds gauge
sglang:startup_cuda_graph_time_seconds{engine_type="unified",phase="load_weight"} 85.0
sglang:token_usage{engine_type="unified",model_name="smollm2"} 0.0
"""  # noqa: E501  lines of the format


def test_the_whole_start_and_the_loading_are_phases_of_one_gauge() -> None:
    assert startup_times(METRICS) == {"seconds": 23.5, "load_seconds": 1.25}


@pytest.mark.parametrize(
    "metrics",
    ["", "404 page not found", METRICS.replace("startup_time", "other"), "sglang:startup_time_se"],
)
def test_an_engine_that_does_not_say_it_has_none(metrics: str) -> None:
    assert startup_times(metrics) == {"seconds": 0.0, "load_seconds": 0.0}


def test_a_model_s_name_may_have_every_character() -> None:
    line = 'sglang:startup_time_seconds{a="x\\"},phase=\\"load_weight",phase="load_weight"} 3\n'
    assert startup_times(line)["load_seconds"] == 3.0
    assert startup_times(line.replace('",phase="load_weight"', '"'))["load_seconds"] == 0.0
