"""From hosts to tests and the steps in which they run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError

from .samples import host, plan, rail


def states(made: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(name, test["state"], test["reason"]) for name, test in made["tests"].items()]


def test_two_hosts_without_rdma_are_tested_over_tcp_in_both_directions() -> None:
    made = plan([host(2), host(1, tcp_gbps=25.0)])
    assert made["hosts"] == ["gpu1", "gpu2"]
    assert list(made["tests"]) == ["tcp_bandwidth gpu1 > gpu2", "tcp_bandwidth gpu2 > gpu1"]
    assert made["tests"]["tcp_bandwidth gpu1 > gpu2"] == {
        "kind": "tcp_bandwidth",
        "client": "gpu1",
        "server": "gpu2",
        "rail": -1,
        "gbps": 10.0,
        "crossing": False,
        "state": "planned",
        "reason": "",
    }
    common = {
        "test": "tcp_bandwidth gpu1 > gpu2",
        "kind": "tcp_bandwidth",
        "address": "10.0.0.2",
        "port": 5201,
        "seconds": 5,
        "streams": 4,
    }
    assert made["steps"][0] == {
        "gpu1": {**common, "side": "client"},
        "gpu2": {**common, "side": "server"},
    }
    assert len(made["steps"]) == 2


@pytest.mark.usefixtures("measures_rdma")
def test_every_rail_has_its_bandwidth_in_both_directions_and_its_latency() -> None:
    rails = [rail("mlx5_0"), rail("mlx5_1", gbps=200.0)]
    made = plan([host(1, rails=rails), host(2, rails=rails)])
    assert list(made["tests"]) == [
        "rdma_bandwidth rail 0 gpu1 > gpu2",
        "rdma_bandwidth rail 0 gpu2 > gpu1",
        "rdma_latency rail 0 gpu1 > gpu2",
        "rdma_bandwidth rail 1 gpu1 > gpu2",
        "rdma_bandwidth rail 1 gpu2 > gpu1",
        "rdma_latency rail 1 gpu1 > gpu2",
    ]
    assert made["tests"]["rdma_latency rail 1 gpu1 > gpu2"]["gbps"] == 200.0
    assert len(made["steps"]) == 6


@pytest.mark.usefixtures("measures_rdma")
def test_a_host_knows_which_kinds_of_tests_it_runs() -> None:
    made = plan([host(1, rails=[rail()]), host(2, rails=[rail()]), host(3)])
    assert made["kinds"] == {
        "gpu1": ["rdma_bandwidth", "rdma_latency", "tcp_bandwidth"],
        "gpu2": ["rdma_bandwidth", "rdma_latency", "tcp_bandwidth"],
        "gpu3": ["tcp_bandwidth"],
    }


def test_rails_that_no_program_measures_are_skipped_and_tcp_is_measured() -> None:
    made = plan([host(1, rails=[rail()]), host(2, rails=[rail()])])
    unmeasured = "this version measures no RDMA"
    assert states(made) == [
        ("tcp_bandwidth gpu1 > gpu2", "planned", ""),
        ("tcp_bandwidth gpu2 > gpu1", "planned", ""),
        ("rdma_bandwidth rail 0 gpu1 > gpu2", "skipped", unmeasured),
        ("rdma_bandwidth rail 0 gpu2 > gpu1", "skipped", unmeasured),
        ("rdma_latency rail 0 gpu1 > gpu2", "skipped", unmeasured),
    ]
    assert {side["kind"] for step in made["steps"] for side in step.values()} == {"tcp_bandwidth"}


@pytest.mark.usefixtures("measures_rdma")
@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
@pytest.mark.parametrize("size", [2, 3, 5, 8, 13])
def test_no_step_has_a_host_twice_or_more_tests_than_may_run_at_once(
    size: int, at_once: int
) -> None:
    hosts = [host(number, f"r{number % 3}", rails=[rail()]) for number in range(1, size + 1)]
    made = plan(hosts, at_once=at_once)
    for step in made["steps"]:
        names = {side["test"] for side in step.values()}
        assert len(names) <= at_once
        assert len(step) == 2 * len(names)
    run = [side["test"] for step in made["steps"] for side in step.values()]
    assert sorted(run) == sorted([*made["tests"], *made["tests"]])


def test_tests_grow_with_the_hosts_and_steps_do_not() -> None:
    def cost(size: int) -> tuple[int, int]:
        made = plan([host(number) for number in range(1, size + 1)])
        return len(made["tests"]), len(made["steps"])

    assert cost(8) == (24, 6)
    assert cost(16) == (48, 6)
    assert cost(64) == (192, 6)


def test_a_rail_that_only_one_of_two_has_is_skipped_with_the_reason() -> None:
    made = plan([host(1, rails=[rail("a"), rail("b")]), host(2, rails=[rail("a")])])
    assert states(made)[-1] == (
        "rdma_bandwidth rail 1 gpu1 > gpu2",
        "skipped",
        "gpu2 has no rail 1",
    )


def test_a_host_without_rdma_is_tested_over_tcp_and_its_partners_rails_are_skipped() -> None:
    made = plan([host(1, rails=[rail()]), host(2)])
    assert states(made) == [
        ("tcp_bandwidth gpu1 > gpu2", "planned", ""),
        ("tcp_bandwidth gpu2 > gpu1", "planned", ""),
        ("rdma_bandwidth rail 0 gpu1 > gpu2", "skipped", "gpu2 has no rail 0"),
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"up": False}, "gpu2: mlx5_0:1 is down"),
        (
            {"link_layer": "Ethernet"},
            "gpu2: mlx5_0:1 has no RoCE v2 GID with an address of its interface; "
            "gpu1 has InfiniBand, gpu2 Ethernet",
        ),
        (
            {"link_layer": "Ethernet", "gid_index": 3},
            "gpu1 has InfiniBand, gpu2 Ethernet",
        ),
    ],
)
def test_a_rail_that_cannot_be_tested_failed(values: dict[str, Any], reason: str) -> None:
    made = plan([host(1, rails=[rail()]), host(2, rails=[rail(**values)])])
    assert states(made)[2:] == [("rdma_bandwidth rail 0 gpu1 > gpu2", "failed", reason)]
    assert len(made["steps"]) == 2


def test_the_rate_is_unknown_where_one_of_two_is() -> None:
    made = plan([host(1, tcp_gbps=0.0), host(2)])
    assert {test["gbps"] for test in made["tests"].values()} == {0.0}


def test_one_host_has_no_test() -> None:
    assert plan([host(1)]) == {"hosts": ["gpu1"], "tests": {}, "steps": [], "kinds": {"gpu1": []}}


def test_all_faults_of_the_hosts_are_told_at_once() -> None:
    with pytest.raises(InputError) as raised:
        plan(
            [
                host(1),
                host(1),
                host(2, address=""),
                host(3, address="10.0.0.9"),
                host(4, address="10.0.0.9"),
            ]
        )
    assert raised.value.details["faults"] == [
        "10.0.0.1: address shared: found gpu1, gpu1, needed an address of its own for each host "
        "that is tested; correct ansible_host",
        "10.0.0.9: address shared: found gpu3, gpu4, needed an address of its own for each host "
        "that is tested; correct ansible_host",
        "gpu1: host twice: found the host more than once, needed each host once; remove one",
        "gpu2: address missing: found no address, needed the host's IPv4 address on the cluster "
        "network; set ansible_host for this host",
    ]


def test_without_a_test_at_once_there_is_no_plan() -> None:
    with pytest.raises(InputError, match="found 0 tests at once, needed one at least"):
        plan([host(1), host(2)], at_once=0)
