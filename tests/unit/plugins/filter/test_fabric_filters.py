"""The filters of the fabric gate: plain values in and out, faults of input as filter errors."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.filter import (
    fabric_host,
    fabric_plan,
    fabric_report,
    fabric_verdict,
)

from tests.unit.plugins.module_utils.fabric.samples import host, measured

DESCRIBED = {
    "name": "gpu1",
    "address": "10.0.0.1",
    "rack": "a",
    "leaf_switch": "",
    "rails": [],
    "gpus": 0,
    "hardware": {"tcp_gbps": 25.0},
    "gpu_facts": {},
    "rdma_facts": {},
    "host_facts": {},
    "storage": {},
}


def a_filter(module: Any) -> Any:
    (found,) = module.FilterModule().filters().items()
    name, function = found
    assert module.__name__.endswith(f".{name}")
    return function


def test_from_descriptions_to_lines() -> None:
    described = a_filter(fabric_host)(DESCRIBED, {})
    assert described == {
        "name": "gpu1",
        "address": "10.0.0.1",
        "rack": "a",
        "tcp_gbps": 25.0,
        "rails": [],
    }
    plan = a_filter(fabric_plan)([described, host(2, tcp_gbps=25.0)], at_once=1, seconds=7)
    assert [step["gpu1"]["seconds"] for step in plan["steps"]] == [7, 7]
    report = a_filter(fabric_verdict)(plan, results=measured(plan, lambda *_: 23.4))
    assert report["quarantined"] == {}
    assert a_filter(fabric_report)(report)[1:3] == [
        "gpu1  passed   2       0       0",
        "gpu2  passed   2       0       0",
    ]


def test_the_rounds_and_limits_of_the_input_are_kept() -> None:
    hosts = [host(number) for number in range(1, 9)]
    assert len(a_filter(fabric_plan)(hosts, at_once=4, rounds=1)["steps"]) == 2
    plan = a_filter(fabric_plan)(hosts, at_once=4, all_pairs=True)
    assert len(plan["tests"]) == 56
    report = a_filter(fabric_verdict)(
        plan,
        results=measured(plan, lambda *_: 5.0),
        limits={"tcp_percent": 50.0},
        earlier={"gpu1": "slow", "gpu9": "slow"},
    )
    assert report["quarantined"] == {"gpu9": "slow"}


@pytest.mark.parametrize(
    ("function", "arguments", "said"),
    [
        (
            fabric_host,
            ({**DESCRIBED, "hardware": {"tcp_gbps": -1.0}}, {}),
            r"fabric_host: gpu1: .*tcp_gbps",
        ),
        (fabric_verdict, ({"tests": {}, "hosts": []}, [], {"x": 1}), r"fabric_verdict: .*unknown"),
    ],
)
def test_faults_of_the_input_are_filter_errors(
    function: Any, arguments: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        a_filter(function)(*arguments)


def test_faults_of_hosts_are_filter_errors() -> None:
    with pytest.raises(AnsibleFilterError, match=r"fabric_plan: .*host twice"):
        a_filter(fabric_plan)([host(1), host(1)], at_once=1)
