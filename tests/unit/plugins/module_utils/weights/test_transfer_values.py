"""Rounds and report with the values that a playbook has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.filter.weights_report import weights_report
from ansible_collections.baremetal.sglang.plugins.filter.weights_round import weights_round

GIB = 1024**3
LIMITS = {"sample_bytes": 0, "deadline_seconds": 600, "timeout_seconds": 60, "parallel": 4}
NODES: list[dict[str, Any]] = [
    {"name": "a", "address": "10.0.0.1"},
    {"name": "b", "address": "10.0.0.2", "bytes_per_second": GIB},
]


def result(**values: Any) -> dict[str, Any]:
    plain = {
        "verified": False,
        "to_fetch_bytes": 0,
        "largest_bytes": 0,
        "left_bytes": 0,
        "seconds": 0.0,
        "fetched_bytes": 0,
        "retries": 0,
        "mismatches": [],
        "pulls": [],
    }
    return {**plain, **values}


def log(feeder: str, size: int) -> str:
    entry = {"file": "x", "from": feeder, "bytes": str(size), "seconds": "1.0"}
    return json.dumps({**entry, "at": "5.0", "status": "200"}) + "\n"


def test_a_round_follows_the_one_before() -> None:
    survey = {name: result(to_fetch_bytes=2 * GIB, largest_bytes=GIB) for name in "ab"}
    first = weights_round(NODES, survey, LIMITS)
    assert (first["number"], first["holders"], first["run_seconds"]) == (1, (), 600)
    landed = {
        "a": result(verified=True, to_fetch_bytes=2 * GIB, seconds=4.0),
        "b": result(to_fetch_bytes=2 * GIB, left_bytes=GIB, largest_bytes=GIB, seconds=5.0),
    }
    second = weights_round(NODES, landed, LIMITS, first, {"b": log("10.0.0.1:8090", GIB)})
    assert (second["number"], second["holders"], second["spent_seconds"]) == (2, ("a",), 5.0)
    # A second of wire for what is left, three times that and half a minute.
    assert second["run_seconds"] == 34


def test_the_last_node_tells_itself_how_fast_it_was() -> None:
    first = weights_round(NODES, {name: result(to_fetch_bytes=GIB) for name in "ab"}, LIMITS)
    pull = {"feeder": "10.0.0.1:8090", "files": 1, "bytes": GIB // 4, "file_rate": GIB / 4}
    landed = {
        "a": result(left_bytes=GIB, seconds=1.0),
        "b": result(left_bytes=GIB, largest_bytes=GIB, seconds=1.0, pulls=[pull]),
    }
    logs = {"a": log("10.9.0.1:8080", GIB), "b": ""}
    assert weights_round(NODES, landed, LIMITS, first, logs)["aside"] == ("b",)


def test_the_report_has_a_line_for_each_node_and_one_for_the_source() -> None:
    pull = {"feeder": "10.0.0.1:8090", "files": 1, "bytes": GIB, "file_rate": float(GIB)}
    runs = {
        "a": [result(fetched_bytes=2 * GIB, seconds=4.0)],
        "b": [
            result(fetched_bytes=GIB, seconds=1.0),
            result(fetched_bytes=GIB, seconds=1.5, retries=1, pulls=[pull, pull]),
        ],
    }
    logs = {"a": log("10.9.0.1:8080", 2 * GIB), "b": ""}
    report = weights_report(runs, NODES, logs, 8090)
    assert report["lines"] == [
        "a: 2.00 GiB in 4.0 s, 0.500 GiB/s, 0 retries, from the source",
        "b: 2.00 GiB in 2.5 s, 0.800 GiB/s, 1.25 of the wire's time, 1 retries, from a",
        "source: sent 2.00 GiB, 1.00 times the model",
    ]
    assert (report["source_bytes"], report["model_bytes"], report["wrong"]) == (
        2 * GIB,
        2 * GIB,
        [],
    )
    assert report["nodes"][1] == {
        "host": "b",
        "fetched_bytes": 2 * GIB,
        "seconds": 2.5,
        "wire_ratio": 1.25,
        "retries": 1,
        "feeders": ["a"],
    }
    assert report["nodes"][0]["wire_ratio"] == 0.0


def test_the_first_bad_hop_is_that_of_the_chains_first_node() -> None:
    def bad(url: str) -> dict[str, Any]:
        return result(fetched_bytes=1, seconds=1.0, mismatches=[{"file": "x", "url": url}])

    runs = {"b": [bad("http://10.0.0.1:8090/chain/x")], "a": [bad("http://10.9.0.1/x")]}
    report = weights_report(runs, NODES)
    assert report["wrong"] == ["x: wrong bytes first at a, which had them from http://10.9.0.1/x"]
    assert report["lines"][-1:] == report["wrong"]


def test_nodes_that_read_from_the_source_have_no_relay_to_tell_of() -> None:
    report = weights_report({"a": [result()]})
    assert report["lines"] == ["a: 0.00 GiB in 0.0 s, 0.000 GiB/s, 0 retries"]


def test_what_is_no_log_is_a_filter_error() -> None:
    first = weights_round(NODES, {"a": result(), "b": result()}, LIMITS)
    with pytest.raises(AnsibleFilterError, match="weights_round: "):
        weights_round(NODES, {"a": result()}, LIMITS, first, {"a": "no log\n"})
    with pytest.raises(AnsibleFilterError, match="weights_report: "):
        weights_report({"a": [result()]}, NODES, {"a": "no log\n"})
