"""The text of a plan, from its document alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_text import (
    options,
    plan_text,
    refused_lines,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.text_table import (
    count,
    data,
    duration,
    section,
    table,
)

from tests.unit.plugins.module_utils.planning.test_plan import DOCUMENT

BY_HAND = """\
Plan of lab: smollm2 in bfloat16

Layout
  group    sizes                  hosts  GPUs
  smollm2  tensor 1 x pipeline 2  2      0

Ranks
  group    rank  host
  smollm2  1     node2
  smollm2  0     node1

Engine arguments
  --device cpu
  --pp-size 2

Environment
  A=1
  GLOO_SOCKET_IFNAME=eth0"""

ENGINE: dict[str, Any] = {
    "role": "unified",
    "layout": "bfloat16, tensor 1 x pipeline 2, 1 GPUs a host",
    "memory": {
        "weights_gib": 42.36,
        "key_value_gib": 20.18,
        "reserve_gib": 15.15,
        "activations_gib": 14.5,
        "graphs_gib": 0.0,
        "workspace_gib": 2.55,
        "runtime_gib": 1.96,
        "total_gib": 79.65,
        "static_fraction": 0.805,
    },
    "capacity": {
        "tokens": 606784,
        "token_bytes": 35712,
        "groups": 2,
        "typical_tokens": 4096,
        "requests": 296,
        "longest": 163840,
    },
    "cost": {
        "concurrency": 2,
        "decode_seconds": 0.01055,
        "prefill_seconds": 0.0735,
        "tokens_per_second": 188.0,
        "load": "57.4 s: 688.6 GB at 12.0 GB/s on each host",
        "terms": [{"name": "decode weight reads", "seconds": 0.00198}],
    },
    "loader": {"name": "multithread", "why": "nvme: 8 files at once"},
    "traffic": {"cross_rack_bytes": 28736, "inventory_order_bytes": 200960},
    "alternatives": [
        {
            "layout": "fp8, tensor 4 x pipeline 4, 8 GPUs a host",
            "decode_seconds": 0.0154,
            "tokens_per_second": 65.0,
            "tokens": 1100288,
            "gpus": 16,
        }
    ],
    "refused": [
        {
            "layout": "fp8, tensor 1 x pipeline 2, 1 GPUs a host",
            "what": "memory short",
            "found": "79.65 GiB a GPU, 0.87 GiB too little",
            "needed": "80.52 GiB",
            "fix": "set pipeline_parallel to 4",
        }
    ],
}
EXPLAINED: dict[str, Any] = {
    **DOCUMENT,
    "layout": {**DOCUMENT["layout"], "expert_parallel": 2},
    "racks": {"node1": "a", "node2": "b"},
    "spares": ["node3"],
    "explanation": {
        "objective": "latency",
        "engines": [ENGINE],
        "ranks": [{"group": "smollm2", "rank": 0, "why": "pipeline stage 0; rack a"}],
        "settings": [
            {"setting": "A", "value": "1", "fact": "a fact", "override": "site_environment"},
            {"setting": "IPC_LOCK", "value": "added", "fact": "RDMA pins", "override": "no way"},
            {"setting": "NCCL_IB_TC", "value": "", "fact": "InfiniBand", "override": "x"},
        ],
        "intent": [{"key": "a.b", "value": "1", "became": "--c 1", "why": "same"}],
        "router_arguments": ["--worker-urls", "http://a", "http://b"],
        "warnings": ["no host was asked"],
    },
}


def test_a_plan_by_hand_is_its_layout_ranks_arguments_and_environment() -> None:
    assert plan_text(DOCUMENT) == BY_HAND


@pytest.mark.parametrize(
    "lines",
    [
        ["Plan of lab: smollm2 in bfloat16, chosen for latency"],
        ["  smollm2  tensor 1 x pipeline 2 x expert 2  2      0"],
        ["  group    rank  host   rack  why", "  smollm2  1     node2  b"],
        ["  smollm2  0     node1  a     pipeline stage 0; rack a", "  spare hosts: node3"],
        ["Memory of the fullest rank", "  part                           size"],
        ["  weights                       42.36 GiB", "  KV cache                      20.18 GiB"],
        ["    taken by decode buffers      2.55 GiB", "  taken before the weights       1.96 GiB"],
        ["  total                         79.65 GiB", "  the engine's static fraction is 0.805"],
        [
            "What fits",
            "  606,784 KV tokens a group, 34.9 KiB each on one rank",
            "  296 requests of 4,096 tokens at once in 2 groups",
            "  longest request: 163,840 tokens",
        ],
        [
            "Time, by the cost model",
            "  one token of 2 requests: 10.6 ms; 188 tokens/s of all groups",
            "  one prompt: 73.5 ms",
            "  loading the weights: 57.4 s: 688.6 GB at 12.0 GB/s on each host",
        ],
        ["Loader of the weights", "  multithread: nvme: 8 files at once"],
        [
            "Between racks",
            "  28.1 KiB of each token; in inventory order 196.2 KiB: 86 % less",
        ],
        [
            "  A=1",
            "      a fact; to override: site_environment",
            "  GLOO_SOCKET_IFNAME=eth0",
            "  IPC_LOCK: added",
            "      RDMA pins; to override: no way",
            "  NCCL_IB_TC is not set: InfiniBand",
        ],
        ["The guide's configuration", "  key  value  became  why", "  a.b  1      --c 1   same"],
        ["Warnings", "  no host was asked"],
        ["Router arguments", "  --worker-urls http://a http://b"],
        ["  fp8, tensor 4 x pipeline 4, 8 GPUs a host  15.4 ms    65        1,100,288  16"],
        [
            "1 refused layouts",
            "  memory short: 79.65 GiB a GPU, 0.87 GiB too little; needed 80.52 GiB",
            "      fp8, tensor 1 x pipeline 2, 1 GPUs a host; nearest change: set pipeline_parallel"
            " to 4",
        ],
    ],
    ids=lambda lines: lines[0].strip()[:30],
)
def test_a_made_plan_says_why(lines: list[str]) -> None:
    text = plan_text(EXPLAINED)
    assert "\n".join(lines) in text
    assert "graphs" not in text


def test_a_plan_of_an_earlier_version_has_no_loader() -> None:
    earlier = {key: value for key, value in ENGINE.items() if key != "loader"}
    text = plan_text({**EXPLAINED, "explanation": {"engines": [earlier]}})
    assert "Loader of the weights" not in text
    assert "\nBetween racks\n" in text


def test_several_engines_are_told_apart() -> None:
    engines = [{**ENGINE, "role": "prefill"}, {**ENGINE, "role": "decode"}]
    text = plan_text({**EXPLAINED, "explanation": {"engines": engines}})
    for role in ("prefill", "decode"):
        assert f"Memory of the fullest rank of {role}\n" in text
        assert f"1 refused layouts for {role}\n" in text


def test_arguments_of_a_group_stand_behind_its_name() -> None:
    group = {**DOCUMENT["groups"][0], "role": "decode", "arguments": ["--x", "1"]}
    text = plan_text({**DOCUMENT, "groups": [group]})
    assert "\n  smollm2: --x 1\n" in text
    assert "  smollm2  decode  tensor 1 x pipeline 2  2      0" in text


def test_layouts_with_the_same_reason_stand_together() -> None:
    refused = [
        {"layout": "a", "what": "w", "found": "f", "needed": "n", "fix": "x"},
        {"layout": "b", "what": "w", "found": "g", "needed": "n", "fix": "y"},
        {"layout": "c", "what": "w", "found": "f", "needed": "n", "fix": "z"},
    ]
    assert list(refused_lines(refused)) == [
        "w: f; needed n",
        "    a; nearest change: x",
        "    c; nearest change: z",
        "w: g; needed n",
        "    b; nearest change: y",
    ]


def test_an_option_stands_with_its_values() -> None:
    assert list(options(["--a", "1", "2", "--b", "--c", "3"])) == ["--a 1 2", "--b", "--c 3"]
    assert list(options([])) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (7200, "120 min"),
        (599, "599 s"),
        (1, "1 s"),
        (0.9994, "999 ms"),
        (0.0105, "10.5 ms"),
        (0.0001, "0.1 ms"),
        (0.0000123, "12.3 us"),
    ],
)
def test_a_duration_is_in_the_unit_that_reads_best(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1024**2, "1.0 MiB"),
        (3.5 * 1024, "3.5 KiB"),
    ],
)
def test_data_is_in_the_unit_that_reads_best(size: float, text: str) -> None:
    assert data(size) == text


def test_a_table_leaves_empty_columns_out() -> None:
    assert table(("a", "b", "c"), [("1", "", "x"), ("22", "", "")]) == ["a   c", "1   x", "22"]


def test_a_section_without_lines_is_none() -> None:
    assert section("Title", []) == []
    assert section("Title", ["a"]) == ["", "Title", "  a"]


def test_thousands_stand_apart() -> None:
    assert count(1234567.4) == "1,234,567"


def test_a_group_with_a_layout_of_its_own_shows_that() -> None:
    group = {**DOCUMENT["groups"][0], "name": "wide", "layout": {"tensor_parallel": 4}}
    text = plan_text({**DOCUMENT, "groups": [DOCUMENT["groups"][0], group]})
    rows = [
        line.split() for line in text.splitlines() if line.split()[:1] in (["smollm2"], ["wide"])
    ]
    sizes = [" ".join(row[1:6]) for row in rows[:2]]
    assert sizes == ["tensor 1 x pipeline 2", "tensor 4 x pipeline 2"]
