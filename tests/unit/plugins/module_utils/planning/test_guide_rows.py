"""What each value of each key becomes, and that the engine and the router have the options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_intent import (
    Row,
    read_intent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import (
    STRATEGIES,
    Settings,
)

FIXTURES = Path(__file__).parents[4] / "fixtures" / "engine"


def settings_of(path: str, value: Any) -> Settings:
    section, name = path.split(".")
    return read_intent({section: {name: value}}, source="f").settings


def row_of(path: str, value: Any) -> Row:
    section, name = path.split(".")
    return read_intent({section: {name: value}}, source="f").rows[0]


@pytest.mark.parametrize(
    ("path", "value", "settings"),
    [
        ("communication.protocol", "TCP", Settings(transport="tcp")),
        (
            "communication.buffer_size",
            "8MB",
            Settings(environment=(("NCCL_BUFFSIZE", "8388608"),)),
        ),
        (
            "communication.buffer_size",
            "16MB",
            Settings(environment=(("NCCL_BUFFSIZE", "16777216"),)),
        ),
        ("communication.buffer_size", "17MB", Settings()),
        ("communication.compression", False, Settings()),
        ("communication.zero_copy", True, Settings()),
        ("communication.zero_copy", False, Settings()),
        ("communication.all_reduce", "ring", Settings(environment=(("NCCL_ALGO", "Ring"),))),
        ("communication.all_reduce", "auto", Settings()),
        (
            "load_balancing.strategy",
            "round_robin",
            Settings(router_arguments=("--policy", "round_robin")),
        ),
        ("topology.file", "racks.yml", Settings(topology_file="racks.yml")),
        ("precision.mixed", "FP16+FP8", Settings(constraints=(("weight_format", "fp8"),))),
        ("precision.mixed", "FP8", Settings(constraints=(("weight_format", "fp8"),))),
        ("precision.mixed", "FP16", Settings(constraints=(("weight_format", "bfloat16"),))),
        ("parallelism.data", 2, Settings(constraints=(("groups", 2),))),
        ("parallelism.pipeline", 4, Settings(constraints=(("pipeline_parallel", 4),))),
        ("parallelism.tensor", 8, Settings(constraints=(("tensor_parallel", 8),))),
        ("parallelism.tensor", "auto", Settings()),
        ("monitoring.path", "/metrics", Settings()),
        ("monitoring.port", 29001, Settings(router_arguments=("--prometheus-port", "29001"))),
        ("monitoring.port", "metrics", Settings()),
        ("autoscaling.max_replicas", 10, Settings()),
        ("deployment.replicas", 4, Settings()),
        ("alerts.gpu_memory", 85, Settings()),
    ],
)
def test_a_key_sets_what_its_value_becomes(path: str, value: Any, settings: Settings) -> None:
    assert settings_of(path, value) == settings


@pytest.mark.parametrize(
    ("path", "value", "became"),
    [
        ("communication.protocol", "TCP", "NCCL_IB_DISABLE=1 where an engine spans hosts"),
        ("communication.buffer_size", "8MB", "NCCL_BUFFSIZE=8388608"),
        ("communication.compression", False, "off"),
        ("communication.zero_copy", True, "the engine's default"),
        ("communication.zero_copy", False, "no equivalent"),
        ("communication.all_reduce", "auto", "NCCL's choice"),
        ("communication.all_reduce", "ring", "NCCL_ALGO=Ring"),
        ("load_balancing.strategy", "random", "--policy random (router)"),
        ("topology.file", "racks.yml", "site_topology_file"),
        ("precision.mixed", "FP16+FP8", "weight_format fp8"),
        ("precision.mixed", "BF16", "weight_format bfloat16"),
        ("parallelism.data", 2, "groups 2"),
        ("parallelism.pipeline", "auto", "the planner's choice"),
        ("monitoring.path", "/metrics", "--enable-metrics"),
        ("monitoring.port", 29001, "--prometheus-port 29001 (router)"),
        ("monitoring.port", "metrics", "no equivalent"),
        ("monitoring.interval", "15s", "no equivalent"),
        ("deployment.image", "deepseek-r1:671b-sgl", "no equivalent"),
        ("autoscaling.target", 70, "no equivalent"),
    ],
)
def test_a_row_says_what_became_of_the_key(path: str, value: Any, became: str) -> None:
    assert row_of(path, value).became == became


def test_a_buffer_too_large_says_how_much_memory_it_would_take() -> None:
    # 16 channels x 256 MiB.
    assert (
        "16 channels would take 4096 MiB of each GPU"
        in row_of("communication.buffer_size", "256MB").why
    )


def test_formats_in_a_list_are_shown_as_one_value() -> None:
    assert row_of("precision.mixed", ["FP16", "FP8"]).value == "FP16+FP8"


@pytest.mark.parametrize("strategy", [*STRATEGIES, None])
def test_the_update_interval_counts_under_every_policy(strategy: str | None) -> None:
    balancing = {"update_interval": "5s", **({"strategy": strategy} if strategy else {})}
    intent = read_intent({"load_balancing": balancing}, source="f")
    assert intent.rows[-1].became == "--load-monitor-interval 5 (router)"
    assert intent.settings.router_arguments[-2:] == ("--load-monitor-interval", "5")


def options(name: str) -> dict[str, list[str]]:
    """Each option of a committed list with the rest of its line."""
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines}


@pytest.mark.parametrize("name", ["options-0.5.17.txt", "options-0.5.23.txt"])
def test_each_engine_option_that_a_file_can_set_exists(name: str) -> None:
    known = options(name)
    assert known["--enable-metrics"] == ["flag"]
    assert known["--load-balance-method"] == ["value"]


def test_each_router_option_that_a_file_can_set_exists() -> None:
    known = options("router-options-1.13.0.txt")
    assert known["--power-of-two-load-metric"][1:] == [
        *("expected_wait", "requests", "least_requests")
    ]
    for strategy in STRATEGIES:
        balancing = {"strategy": strategy, "update_interval": "5s"}
        document = {"load_balancing": balancing, "monitoring": {"port": 29001}}
        arguments = read_intent(document, source="f").settings.router_arguments
        pairs = dict(zip(arguments[::2], arguments[1::2], strict=True))
        assert pairs["--policy"] in known["--policy"][1:]
        assert {known[option][0] for option in pairs} == {"value"}
