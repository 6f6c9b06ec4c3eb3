"""The launches are the planner's own, and each of a person's differs in one setting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import (
    Question,
    make_plan,
)

from tests.gpu.machine.launch import read_launches
from tests.gpu.plan_launches import (
    BACKEND,
    GRIDS,
    LIMITS,
    PLAN,
    SHAPES_BY_HOSTS,
    ByHand,
    changed,
    launches,
    request_for,
)
from tests.gpu.shapes import SHAPES
from tests.unit.plugins.module_utils.planning.engine_samples import FIRST_VERSION, options_of

GPU = "h100-sxm-80gb"
CASES = [(hosts, name) for hosts, shapes in SHAPES_BY_HOSTS.items() for name in shapes]


def made(hosts: int, name: str) -> list[dict[str, Any]]:
    shape = SHAPES[name]
    return list(launches(shape, hosts, GPU, [1, 8]))


def title(hosts: int, name: str, by_hand: ByHand) -> str:
    return f"{name}-{by_hand.name}" + ("-2-nodes" if hosts == 2 else "")


@pytest.mark.parametrize(("hosts", "name"), CASES)
def test_the_first_launch_is_the_plan_verbatim(hosts: int, name: str) -> None:
    plan = make_plan(Question(request_for(SHAPES[name], hosts, GPU)))
    first = made(hosts, name)[0]
    assert first["name"] == title(hosts, name, PLAN)
    assert first["arguments"] == plan["arguments"]
    assert first["environment"] == plan["environment"]
    assert (first["ranks"], first["gpus_per_rank"]) == (hosts, 1)


@pytest.mark.parametrize(("hosts", "name"), CASES)
def test_the_plan_keeps_to_the_limits_of_the_machine(hosts: int, name: str) -> None:
    first = made(hosts, name)[0]
    assert tuple(first["arguments"][-len(LIMITS) :]) == LIMITS
    place = first["arguments"].index("--attention-backend")
    assert first["arguments"][place + 1] == BACKEND
    assert first["environment"]["SGLANG_ENABLE_JIT_DEEPGEMM"] == "0"
    assert first["environment"]["NCCL_NVLS_ENABLE"] == "0"


@pytest.mark.parametrize(("hosts", "name"), CASES)
def test_the_machine_reads_what_is_written(tmp_path: Path, hosts: int, name: str) -> None:
    file = tmp_path / "launches.json"
    file.write_text(json.dumps(made(hosts, name)))
    found = read_launches(file)
    assert [launch.name for launch in found] == [
        title(hosts, name, by_hand) for by_hand in (PLAN, *GRIDS[name, hosts])
    ]
    assert found[0].load.streams == (1, 8)


@pytest.mark.parametrize(
    "by_hand",
    dict.fromkeys(by_hand for grid in GRIDS.values() for by_hand in grid),
    ids=lambda each: each.name,
)
def test_the_engine_knows_each_option_of_a_person(by_hand: ByHand) -> None:
    options = options_of(FIRST_VERSION)
    assert {*by_hand.without, *filter(None, [by_hand.option])} <= set(options)
    assert not by_hand.option or options[by_hand.option] == bool(by_hand.value)


@pytest.mark.parametrize(
    ("by_hand", "expected"),
    [
        (ByHand("x", "--b", "9"), ("--a", "1", "--c", "--b", "9")),
        (ByHand("x", "--d"), ("--a", "1", "--b", "2", "--c", "--d")),
        (ByHand("x", without=("--a", "--b")), ("--c",)),
    ],
)
def test_a_setting_stands_in_the_place_of_the_plan_s(
    by_hand: ByHand, expected: tuple[str, ...]
) -> None:
    assert changed(("--a", "1", "--b", "2", "--c"), by_hand) == expected


def test_what_is_predicted_follows_the_fraction_of_the_launch() -> None:
    found = {item["name"]: item["about"] for item in made(1, "v2-lite")}
    plan, higher = found["v2-lite-plan"], found["v2-lite-fraction-0.88"]
    assert higher["predicted"]["mem_fraction_static"] == 0.88
    assert higher["predicted"]["kv_tokens"] > plan["predicted"]["kv_tokens"]
    assert higher["predicted"]["weights_gib"] == plan["predicted"]["weights_gib"]
    assert found["v2-lite-engine-defaults"]["mem_fraction_static_set"] is False
    assert found["v2-lite-engine-defaults"]["predicted"] == plan["predicted"]


def test_two_nodes_share_one_nvlink_domain_and_the_group_is_one() -> None:
    found = {item["name"]: item for item in made(2, "v2-lite")}
    plan = found["v2-lite-plan-2-nodes"]
    assert plan["arguments"][:4] == ["--tp-size", "2", "--pp-size", "1"]
    assert plan["about"]["predicted"]["nccl_transports"] == ["P2P"]
    assert found["v2-lite-one-gpu-2-nodes"]["ranks"] == 1


def test_a_layout_by_hand_is_planned_with_its_sizes() -> None:
    found = {item["name"]: item["arguments"] for item in made(2, "r1-slice-9")}
    assert found["r1-slice-9-pipeline-2-2-nodes"][:4] == ["--tp-size", "1", "--pp-size", "2"]
    attention = found["r1-slice-9-attention-data-2-2-nodes"]
    assert attention[4:7] == ["--dp-size", "2", "--enable-dp-attention"]
