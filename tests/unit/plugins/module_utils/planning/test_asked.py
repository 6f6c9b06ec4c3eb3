"""Objective, constraints and environment that a person asks for."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.asked import (
    environment_faults,
    objective_faults,
    parse_constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.argspec import CONSTRAINTS

from tests.unit.roles.test_site_schema import options


def test_nothing_asked_leaves_everything_to_the_planner() -> None:
    assert parse_constraints({}) == (Constraints(), ())


def test_the_site_and_the_modules_ask_for_what_the_planner_knows() -> None:
    defaults = {field.name: field.default for field in fields(Constraints)}
    site = options()["site_constraints"]["options"]
    assert {name: spec["default"] for name, spec in site.items()} == defaults
    assert {name: spec["default"] for name, spec in CONSTRAINTS.items()} == defaults


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"tensor_parallel": -4},
            "site_constraints.tensor_parallel: constraint invalid: found -4, needed 0 to 1024"
            " GPUs; correct tensor_parallel",
        ),
        (
            {"pipeline_parallel": 61000},
            "site_constraints.pipeline_parallel: constraint invalid: found 61000, needed 0 to 256"
            " stages; correct pipeline_parallel",
        ),
        (
            {"context": -1},
            "site_constraints.context: constraint invalid: found -1, needed 0 to 100000000 tokens;"
            " correct context",
        ),
        (
            {"concurrency": 0},
            "site_constraints.concurrency: constraint invalid: found 0, needed 1 to 1000000"
            " requests; correct concurrency",
        ),
        (
            {"typical_tokens": 1},
            "site_constraints.typical_tokens: constraint invalid: found 1, needed 2 to 100000000"
            " tokens; correct typical_tokens",
        ),
        (
            {"memory_fraction": 1.5},
            "site_constraints.memory_fraction: constraint invalid: found 1.5, needed a fraction"
            " below 1 of a GPU's memory, or 0 for the engine's own rule; correct memory_fraction",
        ),
        (
            {"memory_fraction": 1.0},
            "site_constraints.memory_fraction: constraint invalid: found 1.0, needed a fraction"
            " below 1 of a GPU's memory, or 0 for the engine's own rule; correct memory_fraction",
        ),
        (
            {"key_value_format": "fp4"},
            "site_constraints.key_value_format: constraint invalid: found 'fp4', needed one of"
            " auto, bfloat16, bf16, fp8_e4m3, fp8_e5m2; correct key_value_format",
        ),
        (
            {"serving_mode": "split"},
            "site_constraints.serving_mode: constraint invalid: found 'split', needed one of"
            " unified, disaggregated; correct serving_mode",
        ),
        (
            {"attention_backend": "flash"},
            "site_constraints.attention_backend: constraint invalid: found 'flash', needed one of"
            " triton, torch_native, flex_attention, fa3, fa4, flashinfer, flashmla, trtllm_mla,"
            " cutedsl_mla, trtllm_mha, intel_amx; correct attention_backend",
        ),
        (
            {"weight_loader": "mmap"},
            "site_constraints.weight_loader: constraint invalid: found 'mmap', needed one of"
            " default, multithread, prefetch, sequential; correct weight_loader",
        ),
        (
            {"tensor_parallel": 16, "attention_data_parallel": 3},
            "site_constraints.attention_data_parallel: constraint invalid: found 3, needed a"
            " divisor of tensor_parallel 16; correct attention_data_parallel",
        ),
        (
            {"tensor_parallel": 8, "expert_parallel": 16},
            "site_constraints.expert_parallel: constraint invalid: found 16, needed a divisor of"
            " tensor_parallel 8; correct expert_parallel",
        ),
        (
            {"context": 2048, "typical_tokens": 4096},
            "site_constraints.typical_tokens: constraint invalid: found 4096, needed at most"
            " context 2048: a typical request is no longer than the longest; correct"
            " typical_tokens",
        ),
        (
            {"pipeline_paralel": 2},
            "site_constraints: unknown constraint: found key pipeline_paralel, needed a constraint"
            " that the planner has; write pipeline_parallel, or remove pipeline_paralel",
        ),
    ],
)
def test_an_impossible_constraint_is_one_fault(values: dict[str, Any], line: str) -> None:
    constraints, faults = parse_constraints(values)
    assert [fault.line() for fault in faults] == [line]
    assert constraints == Constraints()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("tensor_parallel", 0, 1024),
        ("pipeline_parallel", 0, 256),
        ("groups", 0, 10_000),
        ("concurrency", 1, 1_000_000),
    ],
)
def test_a_limit_itself_is_allowed(name: str, low: int, high: int) -> None:
    for value in (low, high):
        constraints, faults = parse_constraints({name: value})
        assert (getattr(constraints, name), faults) == (value, ())


def test_an_objective_that_there_is_not_is_refused_with_the_nearest() -> None:
    assert [fault.line() for fault in objective_faults("throughputs")] == [
        "site_objective: unknown objective: found 'throughputs', needed one of latency, throughput,"
        " longest_context, fewest_gpus; write throughput, or remove throughputs"
    ]
    assert list(objective_faults("latency")) == []


def test_environment_is_names_and_strings() -> None:
    assert [fault.line() for fault in environment_faults({"NCCL_DEBUG": 1, "A-B": "x"})] == [
        "site_environment.A-B: environment invalid: found 'x', needed a name of letters, digits and"
        " '_', and a string; quote the value, or correct the name",
        "site_environment.NCCL_DEBUG: environment invalid: found 1, needed a name of letters,"
        " digits and '_', and a string; quote the value, or correct the name",
    ]
    assert list(environment_faults({"NCCL_DEBUG": "INFO"})) == []
