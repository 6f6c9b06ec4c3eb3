"""A reset undoes the site; a reset host can be built again, even by a run that is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import rehearsal

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
def reset(served: rehearsal.Run, logs: Path) -> rehearsal.Run:
    run = rehearsal.play("reset", "-e", "reset_confirmed=true", log=logs / "reset.log")
    assert run.status == 0, run.output[-6000:]
    return run


def test_reset_without_confirmation_is_refused(served: rehearsal.Run, logs: Path) -> None:
    run = rehearsal.play("reset", log=logs / "reset-refused.log")
    assert run.status != 0
    assert "reset_confirmed=true" in run.output
    assert not any(run.changed.values())


def test_reset_leaves_the_packages_and_files_of_a_bare_host(
    bare_state: dict[str, dict[str, str]], reset: rehearsal.Run
) -> None:
    for host, before in bare_state.items():
        after = rehearsal.host_state(host)
        assert not rehearsal.difference(before["packages"], after["packages"]), host
        changed = [
            line
            for line in rehearsal.difference(before["etc"], after["etc"])
            if not any(path in line for path in KEPT_BY_DEBIAN)
        ]
        assert changed == [], host


def test_a_second_reset_changes_nothing(reset: rehearsal.Run, logs: Path) -> None:
    run = rehearsal.play("reset", "-e", "reset_confirmed=true", log=logs / "reset-second.log")
    assert run.status == 0, run.output[-6000:]
    assert not any(run.changed.values())


def test_build_killed_inside_kubeadm_init_converges_in_the_next_run(
    reset: rehearsal.Run, logs: Path
) -> None:
    def kubeadm_init_at_work() -> bool:
        return "kubeadm init" in rehearsal.on("cp1", "ps", "-eo", "args")

    rehearsal.play_until(kubeadm_init_at_work, "site", log=logs / "site-killed.log")
    run = rehearsal.play("site", log=logs / "site-after-kill.log")
    assert run.status == 0, run.output[-6000:]
    assert "Paris" in rehearsal.report()["answer"]
