# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a run is: figures in a small file that the controller reads while the module runs."""

from __future__ import annotations

import contextlib
import json
import os
import threading

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

PROGRESS_NAME = ".progress.json"
PERIOD_SECONDS = 1.0


class Progress:
    """Counts bytes from several threads and writes them down about once a second."""

    def __init__(self, path: str, *, total_bytes: int, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._total_bytes = total_bytes
        self._written_at = clock.monotonic()
        self.fetched_bytes = 0
        self.retries = 0

    def fetched(self, count: int) -> None:
        """Bytes that came from the source."""
        with self._lock:
            self.fetched_bytes += count
            now = self._clock.monotonic()
            if now - self._written_at >= PERIOD_SECONDS:
                self._written_at = now
                self._write()

    def retried(self) -> None:
        """One more attempt at a file."""
        with self._lock:
            self.retries += 1

    def close(self) -> None:
        """Take the figures away."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)

    def _write(self) -> None:
        content = {
            "fetched_bytes": self.fetched_bytes,
            "total_bytes": self._total_bytes,
            "retries": self.retries,
        }
        temporary = f"{self._path}.part"
        # The figures are a courtesy: a full disk must not end the run here.
        with contextlib.suppress(OSError):
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(content, file)
            os.replace(temporary, self._path)
