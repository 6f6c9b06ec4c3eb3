"""The newest ansible-core takes bare hosts to a real answer, as the oldest one does."""

from __future__ import annotations

from lab.bundle.catalogue import load
from tests.lab_driver import Run
from tests.newest_core.controller import Controller
from tests.newest_core.notices import is_of_others, notices


def test_controller_has_the_core_of_the_catalogue(controller: Controller) -> None:
    version = load().part("ansible-core-newest")["version"]
    shown = controller.ansible("adhoc", "--version")
    print(f"\n{shown}")
    assert f"[core {version}]" in shown


def test_the_answer_is_right(controller: Controller, served: Run) -> None:
    report = controller.report()
    print(f"\nthe model's answer: {report['answer']}")
    assert "Paris" in report["answer"]


def test_nothing_of_this_collection_is_deprecated_or_warned_about(served: Run) -> None:
    found = notices(served.output)
    for notice in filter(is_of_others, found):
        print(f"\nof another collection: {notice}")
    assert [notice for notice in found if not is_of_others(notice)] == []


def test_second_run_changes_nothing(controller: Controller, served: Run) -> None:
    run = controller.play("site", log="second")
    print(f"\nsecond run: {run.seconds:.0f} s")
    assert run.status == 0, run.output[-6000:]
    assert set(run.changed) >= {"cp1", "node1", "node2"}
    assert {host: count for host, count in run.changed.items() if count} == {}
    assert [notice for notice in notices(run.output) if not is_of_others(notice)] == []


def test_reset_undoes_the_site(controller: Controller, served: Run) -> None:
    run = controller.play("reset", "-e", "reset_confirmed=true", log="reset")
    print(f"\nreset: {run.seconds:.0f} s")
    assert run.status == 0, run.output[-6000:]
    # Not plain warnings: ansible.builtin.find says of each directory that a host never had.
    grave = [notice for notice in notices(run.output) if not notice.startswith("[WARNING]")]
    assert grave == []
    for host in ("cp1", "node1", "node2"):
        left = controller.site.on(host, "ls -d /etc/kubernetes /var/lib/kubelet || true")
        assert left == "", f"{host}: {left}"
