"""A reset undoes the site; a reset host can be built again, even by a run that is killed."""

from __future__ import annotations

import pytest

from tests.e2e.rehearsal import SITE, difference, host_state
from tests.lab_driver import Run

# What apt and dpkg keep about the past and what a host writes by itself.
KEPT_BY_DEBIAN = (
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/subuid",
    "/etc/subgid",
    "/etc/ld.so.cache",
    "/etc/resolv.conf",
    "/etc/.pwd.lock",
    "/etc/machine-id",
)


@pytest.fixture(scope="module")
def reset(served: Run) -> Run:
    run = SITE.play("reset", "-e", "reset_confirmed=true", log="reset")
    assert run.status == 0, run.output[-6000:]
    return run


def test_reset_without_confirmation_is_refused(served: Run) -> None:
    run = SITE.play("reset", log="reset-refused")
    assert run.status != 0
    assert "reset_confirmed=true" in run.output
    assert not any(run.changed.values())


def test_reset_leaves_the_packages_and_files_of_a_bare_host(
    bare_state: dict[str, dict[str, str]], reset: Run
) -> None:
    for host, before in bare_state.items():
        after = host_state(host)
        assert not difference(before["packages"], after["packages"]), host
        changed = [
            line
            for line in difference(before["etc"], after["etc"])
            if not any(path in line for path in KEPT_BY_DEBIAN)
        ]
        assert changed == [], host


def test_a_second_reset_changes_nothing(reset: Run) -> None:
    run = SITE.play("reset", "-e", "reset_confirmed=true", log="reset-second")
    assert run.status == 0, run.output[-6000:]
    assert not any(run.changed.values())


def test_build_killed_inside_kubeadm_init_converges_in_the_next_run(reset: Run) -> None:
    SITE.play_killed(
        lambda run, _log: SITE.wait_on("cp1", "pgrep -f '[k]ubeadm init'", run), log="site-killed"
    )
    run = SITE.play("site", log="site-after-kill")
    assert run.status == 0, run.output[-6000:]
    assert "Paris" in SITE.report()["answer"]
