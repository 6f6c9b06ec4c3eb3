# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One side of one test: check what is asked, run it, and say what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional, Protocol

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding, InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.figures import (
    last_line,
    read_client,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.kinds import (
    KINDS,
    Side,
    command,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fabricprobe.programs import Ran

MEASURED, SERVED, FAILED, SKIPPED = "measured", "served", "failed", "skipped"
PAUSE_SECONDS = 0.3
# What a test takes beside its measurement: both sides are started, and the client connects.
LEAST_MARGIN_SECONDS = 5


class Runner(Protocol):
    """What runs programs with a deadline; fabricprobe.programs.Programs does."""

    def missing(self, program: str) -> bool: ...

    def left(self) -> float: ...

    def wait(self, seconds: float) -> None: ...

    def run(self, argv: list[str]) -> Ran: ...


def parse_side(parameters: Mapping[str, Any]) -> Side:
    """The side of the options of module fabric_test. Raises InputError with all faults."""
    faults = list(_faults(parameters))
    if faults:
        raise InputError("fabric_test", faults)
    return Side(
        kind=parameters["kind"],
        is_server=parameters["side"] == "server",
        address=parameters["address"],
        port=parameters["port"],
        seconds=parameters["seconds"],
        streams=parameters["streams"],
    )


def run_side(side: Side, runner: Runner, *, check_mode: bool) -> Finding:
    """Run the side; with C(check_mode) only say what would run."""
    argv = command(side)
    if runner.missing(argv[0]):
        return _finding(side, argv, SKIPPED, f"{argv[0]} is not installed")
    if check_mode:
        return _finding(side, argv, SKIPPED, "check mode runs no test")
    return _serve(side, argv, runner) if side.is_server else _measure(side, argv, runner)


def _serve(side: Side, argv: list[str], runner: Runner) -> Finding:
    ran = runner.run(argv)
    if not ran.in_time:
        return _finding(side, argv, FAILED, "no client came, or it did not end in time")
    if ran.status != 0:
        reason = _said(ran) or f"{argv[0]} ended with status {ran.status}"
        return _finding(side, argv, FAILED, reason)
    return _finding(side, argv, SERVED, "")


def _measure(side: Side, argv: list[str], runner: Runner) -> Finding:
    """The server may be started later than the client: as long as nobody listens, try again."""
    while True:
        ran = runner.run(argv)
        reading = read_client(ran.printed, ran.errors)
        if reading.value is not None:
            return _finding(side, argv, MEASURED, "", reading.value)
        if not ran.in_time:
            return _finding(side, argv, FAILED, "it did not end in time")
        if not reading.retry or runner.left() < side.seconds:
            return _finding(side, argv, FAILED, reading.reason)
        runner.wait(PAUSE_SECONDS)


def _said(ran: Ran) -> str:
    """Why a server ended; iperf3's very last line only says that it does."""
    said = [
        line for line in (ran.errors or ran.printed).splitlines() if not line.endswith("exiting")
    ]
    return last_line("\n".join(said))


def _finding(
    side: Side, argv: list[str], outcome: str, reason: str, value: Optional[float] = None
) -> Finding:
    return Finding(
        {
            "fabric": {
                "kind": side.kind,
                "side": "server" if side.is_server else "client",
                "command": argv,
                "outcome": outcome,
                "reason": reason,
                "value": value,
                "unit": KINDS[side.kind].unit,
            }
        }
    )


def _faults(given: Mapping[str, Any]) -> Iterator[str]:
    if not given["address"]:
        yield "address: found nothing, needed the address of the server; name it"
    if not 1 <= given["port"] <= 65535:
        yield f"port: found {given['port']}, needed 1 to 65535; correct it"
    for name in ("seconds", "streams"):
        if given[name] < 1:
            yield f"{name}: found {given[name]}, needed 1 or more; correct it"
    if given["deadline"] < given["seconds"] + LEAST_MARGIN_SECONDS:
        yield (
            f"deadline: found {given['deadline']}, needed {given['seconds'] + LEAST_MARGIN_SECONDS}"
            f" or more for a measurement of {given['seconds']} s; raise it"
        )
