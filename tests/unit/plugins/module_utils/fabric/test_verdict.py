"""Verdicts per test, pair and host, and who is quarantined."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.limits import Limits
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.text import report_lines
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.verdict import verdict

from .samples import host, judged, measured, plan, rail, statuses

FOUR = [host(1, "a"), host(2, "a"), host(3, "b"), host(4, "b")]


def half_of(slow: str, full: float) -> Any:
    def figure(_kind: str, client: str, server: str, _rail: int) -> float:
        return full / 2 if slow in (client, server) else full

    return figure


def good(kind: str, _client: str, _server: str, _rail: int) -> float:
    return 1.9 if kind == "rdma_latency" else 392.0


def test_hosts_that_reach_their_limits_passed() -> None:
    report = judged(FOUR, lambda *_: 9.4)
    assert statuses(report) == dict.fromkeys(["gpu1", "gpu2", "gpu3", "gpu4"], "passed")
    assert {pair["status"] for pair in report["pairs"]} == {"passed"}
    assert (report["quarantined"], report["paths"]) == ({}, [])


def test_the_host_whose_link_has_half_its_rate_is_quarantined_and_no_other() -> None:
    report = judged(FOUR, half_of("gpu3", 9.4))
    assert statuses(report) == {
        "gpu1": "passed",
        "gpu2": "passed",
        "gpu3": "failed",
        "gpu4": "passed",
    }
    assert report["quarantined"] == {
        "gpu3": "TCP bandwidth: failed with gpu1, gpu2, gpu4: 4.7 Gb/s, needed at least 8.5"
    }
    failed = [pair["hosts"] for pair in report["pairs"] if pair["status"] == "failed"]
    assert failed == [["gpu1", "gpu3"], ["gpu2", "gpu3"], ["gpu3", "gpu4"]]


def test_a_slow_direction_is_enough() -> None:
    report = judged(FOUR, lambda _kind, client, *_: 4.0 if client == "gpu2" else 9.4)
    assert list(report["quarantined"]) == ["gpu2"]


@pytest.mark.usefixtures("measures_rdma")
def test_one_slow_rail_of_two_is_named() -> None:
    hosts = [host(number, rails=[rail("a"), rail("b")]) for number in range(1, 5)]

    def figure(kind: str, client: str, server: str, at: int) -> float:
        slow = at == 1 and "gpu4" in (client, server) and kind == "rdma_bandwidth"
        return 196.0 if slow else good(kind, client, server, at)

    report = judged(hosts, figure)
    assert report["quarantined"] == {
        "gpu4": "RDMA bandwidth on rail 1: failed with gpu1, gpu2, gpu3: 196 Gb/s, "
        "needed at least 384"
    }


@pytest.mark.usefixtures("measures_rdma")
def test_a_latency_above_its_limit_failed() -> None:
    hosts = [host(1, rails=[rail()]), host(2, rails=[rail()])]
    report = judged(hosts, lambda kind, *_: 7.5 if kind == "rdma_latency" else 392.0)
    assert report["quarantined"] == {
        name: f"RDMA latency on rail 0: failed with {other}: 7.5 us, needed at most 5, "
        "and neither passes with another: it or its partner"
        for name, other in (("gpu1", "gpu2"), ("gpu2", "gpu1"))
    }


@pytest.mark.usefixtures("measures_rdma")
def test_a_rail_that_is_down_quarantines_its_host() -> None:
    hosts = [host(number, rails=[rail()]) for number in range(1, 5)]
    hosts[1] = host(2, rails=[rail(up=False)])
    report = judged(hosts, good)
    assert list(report["quarantined"]) == ["gpu2"]
    assert "gpu2: mlx5_0:1 is down" in report["quarantined"]["gpu2"]


def test_a_pair_that_fails_alone_is_a_path() -> None:
    def figure(_kind: str, client: str, server: str, _rail: int) -> float:
        return 4.0 if {client, server} == {"gpu1", "gpu4"} else 9.4

    report = judged(FOUR, figure)
    assert (report["quarantined"], report["paths"]) == ({}, ["gpu1 - gpu4: TCP bandwidth"])
    assert {"hosts": ["gpu1", "gpu4"], "status": "failed"} in report["pairs"]


def test_a_link_of_unknown_rate_is_skipped_and_never_passed() -> None:
    report = judged([host(1, tcp_gbps=0.0), host(2)], lambda *_: 9.4)
    reason = "nothing says the rate of the link; set tcp_gbps in site_hardware"
    assert statuses(report) == {"gpu1": "skipped", "gpu2": "skipped"}
    assert report["hosts"]["gpu1"]["reasons"] == [f"TCP bandwidth: {reason}"]
    assert [(test["status"], test["value"]) for test in report["tests"]] == [("skipped", 9.4)] * 2
    assert {pair["status"] for pair in report["pairs"]} == {"skipped"}
    assert report["quarantined"] == {}


@pytest.mark.usefixtures("measures_rdma")
def test_a_rail_that_nobody_could_test_leaves_its_hosts_skipped() -> None:
    # Also those that lack it: whether a network card is lost there nobody can tell from here.
    both = [rail("a"), rail("b")]
    hosts = [host(1, rails=both), host(2, rails=both[:1]), host(3, rails=both[:1])]
    report = judged(hosts, good)
    assert statuses(report) == {"gpu1": "skipped", "gpu2": "skipped", "gpu3": "skipped"}
    assert report["hosts"]["gpu1"]["reasons"] == [
        "RDMA bandwidth on rail 1: gpu2 has no rail 1; gpu3 has no rail 1"
    ]


def test_hosts_whose_rails_no_program_measures_are_skipped_and_not_quarantined() -> None:
    report = judged([host(1, rails=[rail()]), host(2, rails=[rail()])], lambda *_: 9.4)
    assert statuses(report) == {"gpu1": "skipped", "gpu2": "skipped"}
    assert report["hosts"]["gpu1"]["reasons"] == [
        "RDMA bandwidth on rail 0: this version measures no RDMA",
        "RDMA latency on rail 0: this version measures no RDMA",
    ]
    assert report["quarantined"] == {}


def test_a_single_host_is_skipped() -> None:
    report = judged([host(1)], good)
    assert report["hosts"] == {"gpu1": {"status": "skipped", "reasons": ["it has no partner"]}}


def outcome(side: str, outcome: str, reason: str) -> dict[str, Any]:
    name = "tcp_bandwidth gpu1 > gpu2"
    return {"test": name, "side": side, "outcome": outcome, "value": None, "reason": reason}


@pytest.mark.parametrize(
    ("results", "status", "reason"),
    [
        ([], "failed", "gpu1 brought no result back"),
        ([outcome("server", "served", "")], "failed", "gpu1 brought no result back"),
        (
            [outcome("client", "failed", "timed out"), outcome("server", "served", "")],
            "failed",
            "gpu1: timed out",
        ),
        (
            [outcome("client", "failed", "refused"), outcome("server", "failed", "in use")],
            "failed",
            "gpu1: refused; gpu2: in use",
        ),
        (
            [outcome("client", "failed", "refused"), outcome("server", "skipped", "no iperf3")],
            "skipped",
            "gpu2: no iperf3",
        ),
        ([outcome("client", "skipped", "no iperf3")], "skipped", "gpu1: no iperf3"),
    ],
)
def test_a_test_without_a_figure_says_why(
    results: list[dict[str, Any]], status: str, reason: str
) -> None:
    report = verdict(plan([host(1), host(2)]), results, limits=Limits(), earlier={})
    assert (report["tests"][0]["status"], report["tests"][0]["reason"]) == (status, reason)


def test_a_link_that_passes_far_below_its_peers_is_named_and_not_quarantined() -> None:
    hosts = [host(number) for number in range(1, 9)]
    report = judged(hosts, half_of("gpu5", 10.0), limits={"tcp_percent": 40})
    named = [test for test in report["tests"] if test["outlier_of"] is not None]
    assert {test["status"] for test in named} == {"passed"}
    assert all("gpu5" in (test["client"], test["server"]) for test in named)
    assert (len(named), named[0]["outlier_of"], report["quarantined"]) == (6, 10.0, {})


def test_peers_cross_racks_or_do_not() -> None:
    def figure(_kind: str, client: str, server: str, _rail: int) -> float:
        racks = {"gpu1": "a", "gpu2": "a", "gpu3": "b", "gpu4": "b"}
        return 9.0 if racks[client] == racks[server] else 5.0

    report = judged(FOUR, figure, limits={"rack_crossing_percent": 50})
    assert statuses(report) == dict.fromkeys(["gpu1", "gpu2", "gpu3", "gpu4"], "passed")
    assert [test for test in report["tests"] if test["outlier_of"] is not None] == []


def test_the_quarantine_ends_when_the_host_passes() -> None:
    earlier = {"gpu2": "it was slow", "gpu9": "it was slow"}
    assert judged(FOUR, lambda *_: 9.4, earlier=earlier)["quarantined"] == {"gpu9": "it was slow"}


def test_the_quarantine_stays_while_the_host_is_only_skipped() -> None:
    hosts = [host(1, tcp_gbps=0.0), host(2, tcp_gbps=0.0)]
    report = judged(hosts, lambda *_: 9.4, earlier={"gpu2": "it was slow"})
    assert report["quarantined"] == {"gpu2": "it was slow"}


def test_the_table_shows_hosts_tests_and_quarantine() -> None:
    report = judged(FOUR[:3], half_of("gpu3", 9.4))
    assert report_lines(report) == [
        "HOST  VERDICT  PASSED  FAILED  SKIPPED  WHY",
        "gpu1  passed   2       2       0",
        "gpu2  passed   2       2       0",
        "gpu3  failed   0       4       0        TCP bandwidth: failed with gpu1, gpu2: 4.7 Gb/s, "
        "needed at least 8.5",
        "",
        "Tests",
        "  FROM  TO    TEST           FOUND     LIMIT     VERDICT",
        "  gpu1  gpu3  tcp_bandwidth  4.7 Gb/s  8.5 Gb/s  failed",
        "  gpu3  gpu1  tcp_bandwidth  4.7 Gb/s  8.5 Gb/s  failed",
        "  gpu3  gpu2  tcp_bandwidth  4.7 Gb/s  8.5 Gb/s  failed",
        "  gpu2  gpu3  tcp_bandwidth  4.7 Gb/s  8.5 Gb/s  failed",
        "  gpu1  gpu2  tcp_bandwidth  9.4 Gb/s  8.5 Gb/s  passed",
        "  gpu2  gpu1  tcp_bandwidth  9.4 Gb/s  8.5 Gb/s  passed",
        "",
        "Quarantined",
        "  gpu3: TCP bandwidth: failed with gpu1, gpu2: 4.7 Gb/s, needed at least 8.5",
    ]


def test_the_table_says_why_a_test_was_skipped() -> None:
    lines = report_lines(judged([host(1, tcp_gbps=0.0), host(2)], lambda *_: 9.4))
    assert lines[-1] == (
        "  gpu2  gpu1  tcp_bandwidth  9.4 Gb/s  skipped  nothing says the rate of the link; set "
        "tcp_gbps in site_hardware"
    )


def test_of_many_tests_only_those_are_shown_that_say_something() -> None:
    hosts = [host(number) for number in range(1, 41)]
    lines = report_lines(judged(hosts, half_of("gpu7", 9.4)))
    rows = [line for line in lines if "tcp_bandwidth" in line]
    assert len(rows) == 6
    assert all(
        "gpu7" in row and "50% from the median of its peers, 9.4 Gb/s" in row for row in rows
    )
    assert "  and 114 tests that passed: all of them are in the report" in lines


def test_a_fault_that_many_partners_see_names_four() -> None:
    hosts = [host(number) for number in range(1, 8)]
    report = judged(hosts, half_of("gpu7", 9.4), all_pairs=True)
    assert report["quarantined"]["gpu7"].startswith(
        "TCP bandwidth: failed with gpu1, gpu2, gpu3, gpu4, 2 more: 4.7 Gb/s"
    )


def test_results_of_no_planned_test_change_nothing() -> None:
    made = plan([host(1), host(2)])
    results = [*measured(made, lambda *_: 9.4), {**outcome("client", "failed", "?"), "test": "x"}]
    assert statuses(verdict(made, results, limits=Limits(), earlier={})) == {
        "gpu1": "passed",
        "gpu2": "passed",
    }
