# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Try again what a source may still give, a bounded number of times."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TypeVar

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    NotYetError,
    TransientSourceError,
)

T = TypeVar("T")

# With the default of three retries a source that is away for 10 s, and for up to 20, is waited for.
FIRST_PAUSE_SECONDS = 1.0
PAUSE_GROWTH = 4.0
LONGEST_PAUSE_SECONDS = 16.0


@dataclass(frozen=True)
class Clock:
    """The clock of a run: seconds since some start, seconds since the epoch, and waiting."""

    monotonic: Callable[[], float] = field(default=time.monotonic)
    now: Callable[[], float] = field(default=time.time)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def utc(self) -> str:
        """The time of day for people and records (UTC, ISO 8601, whole seconds)."""
        return datetime.fromtimestamp(int(self.now()), timezone.utc).isoformat()


@dataclass(frozen=True)
class Retry:
    """At most ``retries`` attempts after the first, with pauses of 1, 4, 16, 16 ... seconds.

    A source that says when it will have a file is asked again then, for up to
    ``patience_seconds``, without an attempt being counted.
    """

    retries: int
    clock: Clock = field(default_factory=Clock)
    patience_seconds: float = 0.0

    def run(self, attempt: Callable[[], T], on_retry: Callable[[], None] = lambda: None) -> T:
        """The attempt's result; raises its last error, at once when another attempt is useless."""
        pause = FIRST_PAUSE_SECONDS
        for _number in range(self.retries):
            try:
                return self._patiently(attempt)
            except TransientSourceError:
                on_retry()
                self.clock.sleep(pause)
                pause = min(PAUSE_GROWTH * pause, LONGEST_PAUSE_SECONDS)
        try:
            return self._patiently(attempt)
        except TransientSourceError as error:
            error.details["attempts"] = self.retries + 1
            raise

    def _patiently(self, attempt: Callable[[], T]) -> T:
        deadline = self.clock.monotonic() + self.patience_seconds
        while True:
            try:
                return attempt()
            except NotYetError as error:
                if self.clock.monotonic() >= deadline:
                    raise
                self.clock.sleep(min(error.retry_after, LONGEST_PAUSE_SECONDS))
