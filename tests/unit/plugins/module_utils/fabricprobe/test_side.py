"""One side of a test: what runs, how long the client waits for the server, what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabricprobe.programs import Ran
from ansible_collections.baremetal.sglang.plugins.module_utils.fabricprobe.side import (
    parse_side,
    run_side,
)

REFUSED = '{"error": "unable to connect to server: Connection refused"}'
MEASURED = '{"end": {"sum_received": {"bits_per_second": 9400000000.0}}}'
TCP = {
    "kind": "tcp_bandwidth",
    "side": "client",
    "address": "10.0.0.2",
    "port": 5201,
    "seconds": 5,
    "streams": 4,
    "deadline": 40,
}


class Recorded:
    """Ends programs as told, one answer a run; each run takes a second."""

    def __init__(self, *answers: Ran, lacks: str = "", seconds: float = 40) -> None:
        self.answers = list(answers)
        self.lacks = lacks
        self.seconds = seconds
        self.ran: list[list[str]] = []

    def missing(self, program: str) -> bool:
        return program == self.lacks

    def left(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds -= seconds

    def run(self, argv: list[str]) -> Ran:
        self.ran.append(argv)
        self.seconds -= 1
        return self.answers.pop(0)


def outcome(runner: Recorded, *, check_mode: bool = False, **values: Any) -> dict[str, Any]:
    side = parse_side({**TCP, **values})
    found: dict[str, Any] = run_side(side, runner, check_mode=check_mode).result["fabric"]
    return found


def test_a_client_returns_what_it_measured() -> None:
    assert outcome(Recorded(Ran(0, MEASURED, "", True))) == {
        "kind": "tcp_bandwidth",
        "side": "client",
        "command": [
            *("iperf3", "--client", "10.0.0.2", "--port", "5201", "--time", "5", "--omit", "1"),
            *("--connect-timeout", "3000", "--parallel", "4", "--json"),
        ],
        "outcome": "measured",
        "reason": "",
        "value": 9.4,
        "unit": "Gb/s",
    }


@pytest.mark.parametrize(
    ("values", "command"),
    [
        (
            {"side": "server"},
            "iperf3 --server --one-off --bind 10.0.0.2 --port 5201",
        ),
    ],
)
def test_check_mode_says_what_would_run(values: dict[str, Any], command: str) -> None:
    runner = Recorded()
    found = outcome(runner, check_mode=True, **values)
    assert (found["outcome"], found["reason"]) == ("skipped", "check mode runs no test")
    assert " ".join(found["command"]) == command
    assert runner.ran == []


def test_a_program_that_is_missing_skips_the_test() -> None:
    found = outcome(Recorded(lacks="iperf3"))
    assert (found["outcome"], found["reason"]) == ("skipped", "iperf3 is not installed")


def test_a_client_waits_for_a_server_that_is_late() -> None:
    runner = Recorded(*[Ran(0, REFUSED, "", True)] * 3, Ran(0, MEASURED, "", True))
    assert outcome(runner)["value"] == 9.4
    assert len(runner.ran) == 4


def test_a_client_gives_up_while_there_is_no_time_left_to_measure() -> None:
    runner = Recorded(*[Ran(0, REFUSED, "", True)] * 40, seconds=20)
    found = outcome(runner)
    assert found["outcome"] == "failed"
    assert found["reason"] == "unable to connect to server: Connection refused"
    assert runner.seconds >= 0


@pytest.mark.parametrize(
    ("values", "ran", "reason"),
    [
        ({}, Ran(-9, "", "", False), "it did not end in time"),
        ({}, Ran(1, "", "bad option\n", True), "bad option"),
        ({"side": "server"}, Ran(-9, "", "", False), "no client came, or it did not end in time"),
        (
            {"side": "server"},
            Ran(1, "", "iperf3: error - Address already in use\niperf3: exiting\n", True),
            "iperf3: error - Address already in use",
        ),
        ({"side": "server"}, Ran(3, "", "", True), "iperf3 ended with status 3"),
    ],
)
def test_a_side_that_fails_says_why(values: dict[str, Any], ran: Ran, reason: str) -> None:
    found = outcome(Recorded(ran), **values)
    assert (found["outcome"], found["reason"], found["value"]) == ("failed", reason, None)


def test_a_server_that_ends_well_has_served() -> None:
    found = outcome(Recorded(Ran(0, "", "", True)), side="server")
    assert (found["outcome"], found["value"]) == ("served", None)


def test_all_faults_of_the_options_are_told_at_once() -> None:
    given = {
        **TCP,
        "address": "",
        "port": 70000,
        "seconds": 0,
        "streams": 0,
        "deadline": 4,
    }
    with pytest.raises(InputError) as raised:
        parse_side(given)
    assert raised.value.details["faults"] == [
        "address: found nothing, needed the address of the server; name it",
        "deadline: found 4, needed 5 or more for a measurement of 0 s; raise it",
        "port: found 70000, needed 1 to 65535; correct it",
        "seconds: found 0, needed 1 or more; correct it",
        "streams: found 0, needed 1 or more; correct it",
    ]
