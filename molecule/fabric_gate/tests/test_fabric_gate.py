"""What three hosts measured between themselves, and what is left of it on them."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def report() -> dict[str, Any]:
    path = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "artifacts/fabric-gate.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_every_host_was_measured_with_every_other_and_passed() -> None:
    found = report()
    assert {name: of["status"] for name, of in found["hosts"].items()} == {
        "gpu1": "passed",
        "gpu2": "passed",
        "gpu3": "passed",
    }
    measured = {(test["client"], test["server"]): test["value"] for test in found["tests"]}
    assert len(measured) == 6
    assert all(value > 0.085 for value in measured.values())
    assert found["quarantined"] == {}


def test_nothing_runs_or_listens_any_more(host: Any) -> None:
    assert host.process.filter(comm="iperf3") == []
    assert not host.socket("tcp://5201").is_listening


def test_only_what_the_tests_ran_is_installed(host: Any) -> None:
    assert host.package("iperf3").is_installed
    assert not host.package("perftest").is_installed


def test_the_module_says_what_would_run(host: Any) -> None:
    options = "kind=tcp_bandwidth side=server address=10.79.1.12"
    found = host.ansible("baremetal.sglang.fabric_test", options, check=True)
    assert (found["changed"], found["fabric"]["reason"]) == (False, "check mode runs no test")
