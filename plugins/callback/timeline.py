# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Record which phase of a run took how long, and how it ended."""

from __future__ import annotations

DOCUMENTATION = r"""
name: timeline
type: aggregate
version_added: 0.1.0
short_description: Time and result of each phase, on the terminal and as JSON
description:
  - A phase is what stands before C(|) in the name of a play, in lower case, for example C(serve) in
    C(Serve | Run the engine). Plays of one phase are summed up.
  - Prints a line when a phase begins and when it ends, and a table at the end of the run.
  - Writes the same figures, the slowest tasks and the statistics of the hosts to a JSON file of
    schema 1. The file is replaced in one rename at each change of phase and at the end, so that it
    is whole even after the run was killed; its C(result) is then V(running).
  - C(result) is V(aborted) where Ansible stopped before it made its closing statistics.
  - The file holds names of plays, tasks and hosts, never arguments or results of tasks.
author:
  - baremetal.sglang maintainers (@baremetal)
requirements:
  - C(callbacks_enabled = baremetal.sglang.timeline) in the configuration of Ansible
options:
  report_path:
    description:
      - File to write. Missing directories are made.
      - Where it is not set, the file is C(artifacts/<name>/timeline.json) two directories above
        the inventory, the same place as that of the site's other reports. C(<name>) is the
        directory that is, or holds, the first inventory. For a list of hosts it is
        C(artifacts/inline/timeline.json) below the working directory.
    type: str
    version_added: 0.1.0
    env:
      - name: BAREMETAL_SGLANG_TIMELINE_REPORT_PATH
        version_added: 0.1.0
    ini:
      - section: callback_timeline
        key: report_path
        version_added: 0.1.0
"""

EXAMPLES = r"""
example: >
  In ansible.cfg:
    [defaults]
    callbacks_enabled = baremetal.sglang.timeline
    [callback_timeline]
    report_path = artifacts/lab/timeline.json
"""

import atexit
import json
import os
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.baremetal.sglang.plugins.module_utils.report import timeline

INLINE = "inline"


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible ships no type hints
    """Turns Ansible's events into those of `module_utils.report.timeline` and prints the result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "baremetal.sglang.timeline"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._events: list[timeline.Event] = []
        self._zero = time.monotonic()
        self._start = _utc_now()
        self._phase = ""
        self._playbook = ""
        self._hosts: dict[str, dict[str, int]] = {}
        self._finished = False

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._playbook = self._playbook or Path(playbook._file_name).name
        self._finished = False
        atexit.register(self._on_exit, os.getpid())

    def v2_playbook_on_play_start(self, play: Any) -> None:
        name = play.get_name().strip()
        phase = timeline.phase_of(name)
        if phase != self._phase:
            self._end_phase()
            self._print(timeline.begin_line(phase, elapsed=self._elapsed()))
        self._phase = phase
        self._events.append(timeline.PlayStarted(self._elapsed(), name))
        self._write("running")

    def v2_playbook_on_task_start(
        self,
        task: Any,
        is_conditional: bool,  # noqa: ARG002  Ansible passes it by name
    ) -> None:
        self._task_started(task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._task_started(task)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._host_result(result, timeline.CHANGED if result.is_changed() else timeline.OK)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._host_result(result, timeline.SKIPPED)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._host_result(result, timeline.OK if ignore_errors else timeline.FAILED)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._host_result(result, timeline.UNREACHABLE)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._hosts = {name: dict(stats.summarize(name)) for name in stats.processed}
        self._end_phase()
        self._phase = ""
        self._close(timeline.run_result(self._hosts))

    def _on_exit(self, pid: int) -> None:
        """Write the file where Ansible ended without statistics; forked workers do nothing."""
        if os.getpid() == pid and not self._finished:
            self._close("aborted")

    def _close(self, result: str) -> None:
        self._finished = True
        rows = timeline.phases(
            self._events,
            until=self._elapsed(),
            recovered=timeline.recovered_hosts(self._hosts),
        )
        self._display.banner("TIMELINE")
        self._print(timeline.table(rows, result=result))
        self._write(result)

    def _end_phase(self) -> None:
        rows = timeline.phases(
            self._events,
            until=self._elapsed(),
            recovered=timeline.recovered_hosts(self._hosts),
        )
        for row in rows:
            if row.name == self._phase:
                self._print(timeline.end_line(row, elapsed=self._elapsed()))

    def _task_started(self, task: Any) -> None:
        name = task.get_name().strip()
        self._events.append(timeline.TaskStarted(self._elapsed(), task._uuid, name))

    def _host_result(self, result: Any, status: str) -> None:
        host = result.host.get_name()
        self._events.append(
            timeline.HostResult(self._elapsed(), result.task._uuid, host, status),
        )

    def _elapsed(self) -> float:
        return time.monotonic() - self._zero

    def _print(self, text: str) -> None:
        self._display.display(text)

    def _write(self, result: str) -> None:
        """Replace the file; a directory that cannot be written is a warning, not a failed run."""
        path = self._report_path()
        directory = _inventory_directory()
        run = timeline.Run(
            playbook=self._playbook,
            inventory=directory.name if directory else INLINE,
            check=bool(context.CLIARGS.get("check", False)),
            start=self._start,
            end=_utc_now(),
            seconds=self._elapsed(),
            result=result,
        )
        content = timeline.document(run, self._events, until=self._elapsed(), hosts=self._hosts)
        try:
            _replace(path, json.dumps(content, indent=2) + "\n")
        except OSError as error:
            self._display.warning(f"timeline: {path} was not written: {error.strerror}")

    def _report_path(self) -> Path:
        configured = self.get_option("report_path")
        if configured:
            return Path(configured)
        directory = _inventory_directory()
        if directory is None:
            return Path("artifacts", INLINE, "timeline.json")
        return directory.parent.parent / "artifacts" / directory.name / "timeline.json"


def _inventory_directory() -> Path | None:
    """The directory that is, or holds, the first inventory; None for a list of hosts."""
    sources = context.CLIARGS.get("inventory") or ()
    if not sources or "," in sources[0]:
        return None
    source = Path(sources[0]).resolve()
    return source if source.is_dir() else source.parent


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink()
        raise


def _utc_now() -> str:
    return datetime.now(tz=timezone.utc).isoformat(timespec="seconds")
