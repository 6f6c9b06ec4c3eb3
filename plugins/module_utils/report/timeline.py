# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run did and how long it took: a list of events folded into phases, tasks and a table.

Events carry names, hosts and times only, never a task's arguments or results, so nothing that is
written from them can hold a secret. Times are seconds on one monotonic clock that the caller reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Union

SCHEMA = 1
SLOWEST_TASKS = 15
OK, CHANGED, SKIPPED, FAILED, UNREACHABLE = "ok", "changed", "skipped", "failed", "unreachable"


@dataclass(frozen=True)
class PlayStarted:
    """A play named `<Phase> | <What>` began at `at`."""

    at: float
    name: str


@dataclass(frozen=True)
class TaskStarted:
    """The task with the unique id `task` began at `at` on its first host."""

    at: float
    task: str
    name: str


@dataclass(frozen=True)
class HostResult:
    """One host finished one task at `at`; `status` is one of the constants of this file."""

    at: float
    task: str
    host: str
    status: str


Event = Union[PlayStarted, TaskStarted, HostResult]


@dataclass(frozen=True)
class Phase:
    """The plays of one phase: `tasks` started, host results that `changed`, hosts lost."""

    name: str
    seconds: float
    tasks: int
    changed: int
    failed: int
    unreachable: int

    @property
    def result(self) -> str:
        """The worst that happened in the phase, in one word."""
        if self.unreachable:
            return UNREACHABLE
        if self.failed:
            return FAILED
        if not self.tasks:
            return SKIPPED
        return CHANGED if self.changed else OK


@dataclass(frozen=True)
class TaskTime:
    """Seconds from the start of a task to the result of its last host."""

    name: str
    phase: str
    seconds: float
    hosts: int


@dataclass(frozen=True)
class Run:
    """What is known of the run besides its events; `start` and `end` are ISO 8601 in UTC."""

    playbook: str
    inventory: str
    check: bool
    start: str
    end: str
    seconds: float
    result: str


def phase_of(play_name: str) -> str:
    """The part of a play's name before `|` in lower case; the whole name where there is none."""
    return play_name.split("|", 1)[0].strip().lower()


def phases(
    events: Sequence[Event], *, until: float, recovered: frozenset[str] = frozenset()
) -> tuple[Phase, ...]:
    """Sum the events by phase, in the order in which the phases first began.

    A phase lasts until another one begins, the last one until `until`. Hosts in `recovered` failed
    a task but did not end the run as failed (a rescue block), so they are not counted as failed.
    """
    order: dict[str, float] = {}
    results: dict[str, list[HostResult]] = {}
    tasks: dict[str, int] = {}
    phase_by_task: dict[str, str] = {}
    current, since = "", 0.0
    for event in events:
        if isinstance(event, PlayStarted):
            if current:
                order[current] += event.at - since
            current, since = phase_of(event.name), event.at
            order.setdefault(current, 0.0)
        elif isinstance(event, TaskStarted):
            phase_by_task[event.task] = current
            tasks[current] = tasks.get(current, 0) + 1
        else:
            results.setdefault(phase_by_task.get(event.task, current), []).append(event)
    if current:
        order[current] += until - since
    return tuple(
        _phase(name, seconds, tasks.get(name, 0), results.get(name, []), recovered)
        for name, seconds in order.items()
    )


def slowest_tasks(events: Sequence[Event], *, limit: int = SLOWEST_TASKS) -> tuple[TaskTime, ...]:
    """The tasks that took longest, slowest first.

    A task that started more than once (a handler, the batches of `serial`) is summed up.
    """
    totals: dict[str, TaskTime] = {}
    running: dict[str, float] = {}
    current = ""
    for event in events:
        if isinstance(event, PlayStarted):
            current = phase_of(event.name)
        elif isinstance(event, TaskStarted):
            running[event.task] = event.at
            totals.setdefault(event.task, TaskTime(event.name, current, 0.0, 0))
        elif event.task in running:
            task = totals[event.task]
            seconds = task.seconds + event.at - running[event.task]
            totals[event.task] = replace(task, seconds=seconds, hosts=task.hosts + 1)
            running[event.task] = event.at
    return tuple(sorted(totals.values(), key=lambda task: (-task.seconds, task.name))[:limit])


def recovered_hosts(hosts: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    """The hosts that Ansible's closing statistics count neither as failed nor as unreachable."""
    return frozenset(
        name for name, stats in hosts.items() if not stats["failures"] and not stats["unreachable"]
    )


def run_result(hosts: Mapping[str, Mapping[str, int]]) -> str:
    """One word for the whole run from Ansible's closing statistics of its hosts."""
    if any(stats["unreachable"] for stats in hosts.values()):
        return UNREACHABLE
    if any(stats["failures"] for stats in hosts.values()):
        return FAILED
    return OK


def document(
    run: Run,
    events: Sequence[Event],
    *,
    until: float,
    hosts: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    """The run as JSON of schema 1; seconds are rounded to milliseconds.

    `hosts` are Ansible's closing statistics by host name; empty while the run goes on.
    """
    summary = phases(events, until=until, recovered=recovered_hosts(hosts))
    return {
        "schema": SCHEMA,
        **_rounded(asdict(run)),
        "phases": [{**_rounded(asdict(phase)), "result": phase.result} for phase in summary],
        "slowest_tasks": [_rounded(asdict(task)) for task in slowest_tasks(events)],
        "hosts": {name: dict(hosts[name]) for name in sorted(hosts)},
    }


def begin_line(phase: str, *, elapsed: float) -> str:
    """The line that is printed when a phase begins."""
    return f"{_clock(elapsed)} {phase} begins"


def end_line(phase: Phase, *, elapsed: float) -> str:
    """The line that is printed when a phase ends."""
    return (
        f"{_clock(elapsed)} {phase.name} ends after {phase.seconds:.1f} s: {phase.tasks} tasks, "
        f"{phase.changed} changed, {phase.failed} failed, {phase.unreachable} unreachable"
    )


def table(rows: Sequence[Phase], *, result: str) -> str:
    """The closing table: a line per phase and one for the whole run with its `result`."""
    total = Phase(
        "total",
        sum(row.seconds for row in rows),
        sum(row.tasks for row in rows),
        sum(row.changed for row in rows),
        sum(row.failed for row in rows),
        sum(row.unreachable for row in rows),
    )
    width = max(len(row.name) for row in [*rows, total])
    head = f"{'phase':<{width}} {'seconds':>8} {'tasks':>6} {'changed':>8} result"
    lines = [head, *(_row(row, row.result, width) for row in rows), _row(total, result, width)]
    return "\n".join(lines)


def _phase(
    name: str,
    seconds: float,
    tasks: int,
    results: Sequence[HostResult],
    recovered: frozenset[str],
) -> Phase:
    failed = {result.host for result in results if result.status == FAILED}
    unreachable = {result.host for result in results if result.status == UNREACHABLE}
    return Phase(
        name=name,
        seconds=seconds,
        tasks=tasks,
        changed=sum(result.status == CHANGED for result in results),
        failed=len(failed - recovered),
        unreachable=len(unreachable - recovered),
    )


def _row(phase: Phase, result: str, width: int) -> str:
    return (
        f"{phase.name:<{width}} {phase.seconds:>8.1f} {phase.tasks:>6} {phase.changed:>8} {result}"
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"[{minutes:02d}:{rest:02d}]"


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: round(value, 3) if isinstance(value, float) else value for key, value in values.items()
    }
