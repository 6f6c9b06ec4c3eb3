"""Rules of the fold from events to phases, tasks and the closing table."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.report.timeline import (
    Event,
    HostResult,
    Phase,
    PlayStarted,
    Run,
    TaskStarted,
    TaskTime,
    begin_line,
    document,
    end_line,
    phase_of,
    phases,
    recovered_hosts,
    run_result,
    slowest_tasks,
    table,
)

EVENTS: list[Event] = [
    PlayStarted(0.0, "Preflight | Check the inventory"),
    TaskStarted(0.5, "t1", "Check addresses"),
    HostResult(1.0, "t1", "cp1", "ok"),
    HostResult(1.5, "t1", "node1", "failed"),
    PlayStarted(2.0, "Hosts | Install packages"),
    TaskStarted(2.0, "t2", "Install containerd"),
    HostResult(5.0, "t2", "cp1", "changed"),
    HostResult(9.0, "t2", "node2", "unreachable"),
    PlayStarted(10.0, "Hosts | Start services"),
    TaskStarted(10.0, "t3", "Start containerd"),
    HostResult(10.25, "t3", "cp1", "skipped"),
]


def stats(*, failures: int = 0, unreachable: int = 0) -> dict[str, int]:
    return {"ok": 1, "changed": 0, "failures": failures, "unreachable": unreachable}


@pytest.mark.parametrize(
    ("play", "phase"),
    [
        ("Serve | Run the engine", "serve"),
        ("serve|Run the engine", "serve"),
        ("Verify | Ask | compare", "verify"),
        ("Converge", "converge"),
        ("", ""),
    ],
)
def test_phase_is_what_stands_before_the_first_bar(play: str, phase: str) -> None:
    assert phase_of(play) == phase


def test_plays_of_one_phase_are_summed_and_the_last_lasts_until_the_end() -> None:
    assert phases(EVENTS, until=11.0) == (
        Phase("preflight", seconds=2.0, tasks=1, changed=0, failed=1, unreachable=0),
        Phase("hosts", seconds=9.0, tasks=2, changed=1, failed=0, unreachable=1),
    )


def test_a_phase_that_comes_back_keeps_its_place_and_adds_its_time() -> None:
    events = [PlayStarted(0, "a | x"), PlayStarted(1, "b | y"), PlayStarted(3, "a | z")]
    assert [(phase.name, phase.seconds) for phase in phases(events, until=7)] == [
        ("a", 5),
        ("b", 2),
    ]


def test_a_host_that_failed_twice_is_one_failed_host() -> None:
    events: list[Event] = [
        PlayStarted(0, "a | x"),
        TaskStarted(0, "t", "Try"),
        HostResult(1, "t", "cp1", "failed"),
        HostResult(2, "t", "cp1", "failed"),
    ]
    assert phases(events, until=2)[0].failed == 1


def test_recovered_hosts_are_not_counted_as_lost() -> None:
    counted = phases(EVENTS, until=11.0, recovered=frozenset({"node1", "node2"}))
    assert [(phase.failed, phase.unreachable) for phase in counted] == [(0, 0), (0, 0)]


def test_a_result_of_an_unknown_task_counts_for_the_running_phase() -> None:
    events: list[Event] = [PlayStarted(0, "a | x"), HostResult(1, "none", "cp1", "changed")]
    assert phases(events, until=1) == (Phase("a", 1, 0, 1, 0, 0),)


def test_no_events_give_no_phases() -> None:
    assert phases([], until=3.0) == ()


@pytest.mark.parametrize(
    ("tasks", "changed", "failed", "unreachable", "result"),
    [
        (0, 0, 0, 0, "skipped"),
        (3, 0, 0, 0, "ok"),
        (3, 2, 0, 0, "changed"),
        (3, 2, 1, 0, "failed"),
        (3, 2, 1, 1, "unreachable"),
    ],
)
def test_result_of_a_phase_is_the_worst_that_happened(
    tasks: int, changed: int, failed: int, unreachable: int, result: str
) -> None:
    assert Phase("a", 1.0, tasks, changed, failed, unreachable).result == result


def test_slowest_tasks_come_first_with_the_time_of_their_last_host() -> None:
    assert slowest_tasks(EVENTS) == (
        TaskTime("Install containerd", "hosts", seconds=7.0, hosts=2),
        TaskTime("Check addresses", "preflight", seconds=1.0, hosts=2),
        TaskTime("Start containerd", "hosts", seconds=0.25, hosts=1),
    )


def test_slowest_tasks_are_cut_at_the_limit() -> None:
    assert [task.name for task in slowest_tasks(EVENTS, limit=1)] == ["Install containerd"]


def test_a_task_that_starts_twice_is_summed_without_the_time_between() -> None:
    events: list[Event] = [
        PlayStarted(0, "a | x"),
        TaskStarted(0, "h", "Restart containerd"),
        HostResult(1, "h", "cp1", "changed"),
        TaskStarted(10, "h", "Restart containerd"),
        HostResult(12, "h", "cp1", "changed"),
    ]
    assert slowest_tasks(events) == (TaskTime("Restart containerd", "a", 3, 2),)


def test_recovered_hosts_are_those_without_failure_in_the_closing_statistics() -> None:
    hosts = {"cp1": stats(), "node1": stats(failures=1), "node2": stats(unreachable=1)}
    assert recovered_hosts(hosts) == frozenset({"cp1"})


@pytest.mark.parametrize(
    ("hosts", "result"),
    [
        ({}, "ok"),
        ({"cp1": stats()}, "ok"),
        ({"cp1": stats(), "node1": stats(failures=1)}, "failed"),
        ({"cp1": stats(failures=1), "node1": stats(unreachable=1)}, "unreachable"),
    ],
)
def test_result_of_the_run_is_the_worst_host(hosts: dict[str, dict[str, int]], result: str) -> None:
    assert run_result(hosts) == result


def test_document_has_schema_1_with_rounded_seconds() -> None:
    run = Run(
        playbook="site.yml",
        inventory="lab",
        check=False,
        start="2026-01-01T00:00:00+00:00",
        end="2026-01-01T00:00:02+00:00",
        seconds=2.00049,
        result="failed",
    )
    events: list[Event] = [
        PlayStarted(0.0, "Serve | Run the engine"),
        TaskStarted(0.1, "t", "Apply the group"),
        HostResult(1.10004, "t", "cp1", "failed"),
    ]
    assert document(run, events, until=2.00049, hosts={"cp1": stats(failures=1)}) == {
        "schema": 1,
        "playbook": "site.yml",
        "inventory": "lab",
        "check": False,
        "start": "2026-01-01T00:00:00+00:00",
        "end": "2026-01-01T00:00:02+00:00",
        "seconds": 2.0,
        "result": "failed",
        "phases": [
            {
                "name": "serve",
                "seconds": 2.0,
                "tasks": 1,
                "changed": 0,
                "failed": 1,
                "unreachable": 0,
                "result": "failed",
            }
        ],
        "slowest_tasks": [
            {"name": "Apply the group", "phase": "serve", "seconds": 1.0, "hosts": 1}
        ],
        "hosts": {"cp1": {"ok": 1, "changed": 0, "failures": 1, "unreachable": 0}},
    }


def test_lines_say_when_a_phase_begins_and_how_it_ended() -> None:
    phase = Phase("serve", 61.26, tasks=24, changed=3, failed=0, unreachable=1)
    assert begin_line("serve", elapsed=125.9) == "[02:05] serve begins"
    assert end_line(phase, elapsed=187.2) == (
        "[03:07] serve ends after 61.3 s: 24 tasks, 3 changed, 0 failed, 1 unreachable"
    )


def test_table_has_a_line_per_phase_and_a_total() -> None:
    rows = (Phase("preflight", 2.0, 14, 0, 0, 0), Phase("serve", 61.5, 24, 3, 1, 0))
    assert table(rows, result="failed") == (
        "phase      seconds  tasks  changed result\n"
        "preflight      2.0     14        0 ok\n"
        "serve         61.5     24        3 failed\n"
        "total         63.5     38        3 failed"
    )
