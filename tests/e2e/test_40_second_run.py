"""A second run is the same end and changes nothing."""

from __future__ import annotations

from tests.e2e.rehearsal import HOSTS, SITE
from tests.lab_driver import Run


def test_second_run_changes_nothing(served: Run) -> None:
    run = SITE.play("site", log="site-second")
    assert run.status == 0, run.output[-6000:]
    assert set(run.changed) >= set(HOSTS)
    assert {host: count for host, count in run.changed.items() if count} == {}
    assert "Paris" in SITE.report()["answer"]


def test_check_run_on_a_served_site_changes_nothing(served: Run) -> None:
    run = SITE.play("site", "--check", "--diff", log="site-second-check")
    assert run.status == 0, run.output[-6000:]
    assert {host: count for host, count in run.changed.items() if count} == {}
