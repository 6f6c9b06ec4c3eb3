# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One program that ends with its deadline, and with whoever runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Optional

# The kernel kills the program when the module ends in whatever way, SIGKILL among them.
BOUND = ("setpriv", "--pdeathsig", "KILL", "--")


@dataclass(frozen=True)
class Ran:
    """C(status) as subprocess has it; C(in_time) is false where the deadline ended the program."""

    status: int
    printed: str
    errors: str
    in_time: bool


class Programs:
    """Programs of this host, all of them together with one deadline in seconds from now."""

    def __init__(self, deadline: float) -> None:
        self._ends = time.monotonic() + deadline

    def missing(self, program: str) -> bool:
        """Whether the host lacks a program."""
        return shutil.which(program) is None

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self._ends - time.monotonic())

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond the deadline."""
        time.sleep(min(seconds, self.left()))

    def run(self, argv: Sequence[str]) -> Ran:
        """Run one program to its end or to the deadline. None of its processes is left."""
        with _ending_on_signals(), _started(argv) as process:
            try:
                printed, errors = process.communicate(timeout=self.left())
            except subprocess.TimeoutExpired:
                _kill(process)
                printed, errors = process.communicate()
                return Ran(process.returncode, printed, errors, False)
            return Ran(process.returncode, printed, errors, True)


@contextmanager
def _started(argv: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*BOUND, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    try:
        yield process
    finally:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP, as of a connection that is lost, end the module through its cleaning."""

    def end(number: int, _frame: Optional[FrameType]) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
