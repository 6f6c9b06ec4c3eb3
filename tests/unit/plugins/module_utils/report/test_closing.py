"""The closing report says all of its data in 80 columns, and refuses data that is not whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.report.closing import (
    closing_report,
    report_json,
)

COMMAND = "kubectl --kubeconfig artifacts/lab/kubeconfig --namespace serving get pods --output wide"
GIB = 1024**3
DATA: dict[str, Any] = {
    "endpoint": {"url": "http://10.79.0.11:30080", "model": "smollm2"},
    "question": "What is the capital of France?",
    "answer": "The capital of France is Paris.",
    "tokens_per_second": 12.34,
    "weights": {
        "source_bytes": GIB,
        "model_bytes": GIB,
        "wrong": [
            "x: wrong bytes first at node1, which had them from http://10.79.0.11:8080/models/x"
        ],
        "nodes": [
            {
                "host": "node1",
                "fetched_bytes": GIB,
                "seconds": 4.25,
                "wire_ratio": 1.08,
                "retries": 1,
                "feeders": ["the source"],
            },
            {
                "host": "node2",
                "fetched_bytes": GIB // 2,
                "seconds": 4.5,
                "wire_ratio": 0.0,
                "retries": 0,
                "feeders": ["node1", "the source"],
            },
        ],
    },
    "startup": {"seconds": 61.46, "load_seconds": 4.2},
    "ranks": [
        {"rank": 1, "pod": "smollm2-0-1", "host": "node2", "node_ip": "10.79.0.13"},
        {"rank": 0, "pod": "smollm2-0", "host": "node1", "node_ip": "10.79.0.12"},
    ],
    "parts": [
        {"name": "kubelet", "real": True, "how": "built from its module"},
        {"name": "InfiniBand", "real": False, "how": "a sysfs tree of files"},
    ],
    "phases": [
        {"name": "cluster", "seconds": 30, "result": "ok"},
        {"name": "serve", "seconds": 61.46, "result": "changed"},
    ],
    "next_commands": [COMMAND, "make lab-down"],
    "warnings": ["nothing pins the weights"],
    "versions": {"pause": "9.9", "etcd": "9.8.7"},
}
TEXT = f"""\
Question
  What is the capital of France?

Answer
  The capital of France is Paris.

Engine
  smollm2 at http://10.79.0.11:30080, 12.3 tokens per second

Weights
  host   GiB   seconds  wire  retries  from
  node1  1.00  4.2      1.08  1        the source
  node2  0.50  4.5      -     0        node1, the source
  the source sent 1.00 GiB, 1.00 copies
  x: wrong bytes first at node1, which had them from
  http://10.79.0.11:8080/models/x

Start of the engine
  loading the weights  4.2 s
  in all               61.5 s

Where each rank ran
  rank  host   node address  pod
  0     node1  10.79.0.12    smollm2-0
  1     node2  10.79.0.13    smollm2-0-1

Real
  kubelet: built from its module

Simulated
  InfiniBand: a sysfs tree of files

Warnings
  nothing pins the weights

Versions
  etcd   9.8.7
  pause  9.9

Phases
  cluster  30.0 s  ok
  serve    61.5 s  changed
  total    91.5 s

Try next
  {COMMAND}
  make lab-down"""


def test_the_text_has_a_section_for_each_part_of_the_data() -> None:
    assert closing_report(DATA) == TEXT


def test_nodes_that_had_their_weights_fetched_nothing() -> None:
    none = {"source_bytes": 0, "model_bytes": 0, "wrong": [], "nodes": []}
    assert "Weights\n  every node had them\n" in closing_report({**DATA, "weights": none})


def test_an_engine_without_the_metric_was_not_measured() -> None:
    text = closing_report({**DATA, "startup": {"seconds": 0.0, "load_seconds": 0.0}})
    assert "Start of the engine\n  not measured: the engine has no metric of it\n" in text


def test_long_prose_is_broken_at_80_columns_and_keeps_its_paragraphs() -> None:
    answer = "word " * 30 + "\n\nSecond paragraph."
    lines = closing_report({**DATA, "answer": answer, "next_commands": []}).splitlines()
    assert max(map(len, lines)) <= 80
    start = lines.index("Answer")
    assert lines[start + 1 : start + 5] == [
        "  " + "word " * 14 + "word",
        "  " + "word " * 14 + "word",
        "",
        "  Second paragraph.",
    ]


def test_nothing_simulated_is_said_and_not_left_out() -> None:
    text = closing_report({**DATA, "parts": [DATA["parts"][0]], "ranks": [], "phases": []})
    assert "Simulated\n  none\n" in text
    assert "Where each rank ran\n  none\n" in text
    assert "Phases\n  none\n" in text


def test_json_has_schema_1_and_drops_unknown_keys() -> None:
    ranks = [{**DATA["ranks"][1], "phase": "Running"}]
    written = json.loads(report_json({**DATA, "ranks": ranks, "token": "x"}))
    assert written == {
        "schema": 1,
        **DATA,
        "ranks": [{"rank": 0, "pod": "smollm2-0", "host": "node1", "node_ip": "10.79.0.12"}],
    }


def test_all_faults_come_at_once_and_sorted() -> None:
    data = {
        **DATA,
        "endpoint": {"url": "http://10.79.0.11:30080"},
        "tokens_per_second": True,
        "ranks": [{"rank": "0", "pod": "p", "host": "h", "node_ip": "n"}],
        "parts": "none",
        "phases": None,
        "next_commands": [1],
        "warnings": [],
        "versions": ["etcd"],
    }
    del data["answer"]
    with pytest.raises(InputError) as raised:
        closing_report(data)
    assert raised.value.details["faults"] == [
        "answer: is missing",
        "endpoint.model: is missing",
        "next_commands[0]: found int, needed a string",
        "parts: found str, needed a list",
        "phases: found nothing, needed a list",
        "ranks[0].rank: found str, needed an integer",
        "tokens_per_second: found bool, needed a number",
        "versions: found list, needed a mapping",
    ]


def test_data_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(InputError, match="report: data: found list, needed a mapping"):
        report_json([])  # type: ignore[arg-type]
