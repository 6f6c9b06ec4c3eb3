"""A second run is the same end and changes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import rehearsal


def test_second_run_changes_nothing(served: rehearsal.Run, logs: Path) -> None:
    run = rehearsal.play("site", log=logs / "site-second.log")
    assert run.status == 0, run.output[-6000:]
    assert set(run.changed) >= set(rehearsal.HOSTS)
    assert {host: count for host, count in run.changed.items() if count} == {}
    assert "Paris" in rehearsal.report()["answer"]


def test_check_run_on_a_served_site_changes_nothing(served: rehearsal.Run, logs: Path) -> None:
    run = rehearsal.play("site", "--check", "--diff", log=logs / "site-second-check.log")
    assert run.status == 0, run.output[-6000:]
    assert {host: count for host, count in run.changed.items() if count} == {}
