"""What programs really printed, to figures: tests/fixtures/recorded/README.md says how."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.figures import (
    Reading,
    last_line,
    read_client,
)

RECORDED = Path(__file__).resolve().parents[4] / "fixtures" / "recorded" / "fabric"


def recorded(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


def test_iperf3_counts_what_arrived() -> None:
    # sum_received of the file; what was sent is more: 0.729050.
    assert read_client(recorded("iperf3-client.json"), "") == Reading(0.66229)


@pytest.mark.parametrize(
    ("name", "reason", "retry"),
    [
        ("iperf3-refused.json", "unable to connect to server: Connection refused", True),
        ("iperf3-unreachable.json", "unable to connect to server: Connection timed out", False),
        ("iperf3-cut.json", "control socket has closed unexpectedly", False),
    ],
)
def test_iperf3_says_in_its_report_why_it_failed(name: str, reason: str, retry: bool) -> None:
    assert read_client(recorded(name), "") == Reading(None, reason, retry)


@pytest.mark.parametrize(
    ("printed", "errors", "reason"),
    [
        ("", "", "the program printed nothing"),
        ("", "iperf3: unrecognized option\n\n", "iperf3: unrecognized option"),
        ("[1]", "", "[1]"),
        ('{"end": {}}', "", '{"end": {}}'),
        ('{"end": {"sum_received": null}}', "cut", "cut"),
    ],
)
def test_iperf3_without_a_report_ends_with_its_last_line(
    printed: str, errors: str, reason: str
) -> None:
    assert read_client(printed, errors) == Reading(None, reason)


def test_the_last_line_is_the_last_that_says_something() -> None:
    assert last_line("a\n b \n\n") == "b"
    assert last_line("\n") == ""
