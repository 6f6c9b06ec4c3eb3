# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the module model_weights and shows how far it is on each node while files land."""

from __future__ import annotations

import copy
import os
import shlex
import threading
import time
from typing import Any, Callable, Optional

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.progress import (
    PROGRESS_NAME,
    Figures,
    parse_figures,
    progress_line,
)

# A landing that takes less than this is not worth a line.
PERIOD_SECONDS = 5.0
# Connections whose exec_command starts a process of its own, so that two may run at a time.
TRANSPORTS = ("ssh", "ansible.builtin.ssh", "local", "ansible.builtin.local")

display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible carries no types
    """The module's own result, unchanged."""

    _requires_connection = True

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None
    ) -> dict[str, Any]:
        """Run the module; meanwhile read its figures over a connection of their own."""
        super().run(tmp, task_vars)
        destination = self._task.args.get("destination")
        watched = destination and not self._task.async_val and not self._task.check_mode
        if not watched or self._connection.transport not in TRANSPORTS:
            return self._execute(task_vars)
        # A copy without privilege escalation: the figures are readable by every user, and the
        # running module's connection keeps its state to itself.
        connection = copy.copy(self._connection)
        connection.set_become_plugin(None)
        host = str((task_vars or {}).get("inventory_hostname", "node"))
        path = os.path.join(str(destination), PROGRESS_NAME)
        watcher = Watcher(connection, path, lambda line: display.display(f"{host}: {line}"))
        with watcher:
            return self._execute(task_vars)

    def _execute(self, task_vars: Optional[dict[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = self._execute_module(
            task_vars=task_vars, wrap_async=self._task.async_val
        )
        return found


class Watcher:
    """Shows a line each ``period`` seconds while its block runs."""

    def __init__(
        self,
        connection: Any,
        path: str,
        show: Callable[[str], None],
        period: float = PERIOD_SECONDS,
    ) -> None:
        self._connection = connection
        self._command = f"cat {shlex.quote(path)}"
        self._show = show
        self._period = period
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        before, read_at = Figures(0, 0, 0), time.monotonic()
        while not self._stop.wait(self._period):
            figures = self._read()
            if figures is not None:
                now = time.monotonic()
                self._show(progress_line(figures, before, now - read_at))
                before, read_at = figures, now

    def _read(self) -> Optional[Figures]:
        """The module's figures; None before the first file and after the last, or unreachable."""
        try:
            answer = self._connection.exec_command(self._command, sudoable=False)
            return parse_figures(answer[1]) if answer[0] == 0 else None
        except (AnsibleError, ValueError):
            return None
