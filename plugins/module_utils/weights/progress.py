# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a run is: figures in a small file that the controller reads while the module runs."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.receiving import (
    Pulled,
    pulled_from,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import FILE_MODE

PROGRESS_NAME = ".progress.json"
PERIOD_SECONDS = 1.0
GIB = 1024**3


@dataclass(frozen=True)
class Figures:
    """Bytes that this run fetched, bytes that it has to fetch, attempts after the first."""

    fetched_bytes: int
    total_bytes: int
    retries: int


@dataclass(frozen=True)
class Mismatch:
    """A file that came with other bytes than the list says, and where from."""

    file: str
    url: str


def parse_figures(text: bytes) -> Figures:
    """Figures as Progress writes them; raises ValueError for anything else."""
    try:
        content = json.loads(text)
        return Figures(
            int(content["fetched_bytes"]), int(content["total_bytes"]), int(content["retries"])
        )
    except (TypeError, KeyError) as error:
        raise ValueError("not the figures of a run") from error


def progress_line(now: Figures, before: Figures, seconds: float) -> str:
    """One line for people: GiB fetched of GiB to fetch, rate over the last ``seconds``, time left.

    Bytes that a retry fetched again make more than the total: the line then stays at the total.
    """
    rate = (now.fetched_bytes - before.fetched_bytes) / seconds if seconds > 0 else 0.0
    left = max(now.total_bytes - now.fetched_bytes, 0)
    parts = [
        f"{min(now.fetched_bytes, now.total_bytes) / GIB:.2f} of {now.total_bytes / GIB:.2f} GiB",
        f"{rate / GIB:.3f} GiB/s",
        f"{left / rate:.0f} s left" if rate > 0 else "no byte since the last line",
    ]
    if now.retries:
        parts.append(f"{now.retries} retries")
    return ", ".join(parts)


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
        self.mismatches: list[Mismatch] = []
        self._pulls: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)

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

    def pulled(self, count: int, seconds: float, url: str) -> None:
        """Bytes of one file came from ``url`` as they were asked for, and took ``seconds``."""
        with self._lock:
            self._pulls[urlsplit(url).netloc].append((count, seconds))

    @property
    def pulls(self) -> list[Pulled]:
        """What was asked for, by feeder."""
        with self._lock:
            return [pulled_from(feeder, files) for feeder, files in sorted(self._pulls.items())]

    def mismatched(self, name: str, url: str) -> None:
        """A file's bytes were wrong as they came from ``url``."""
        with self._lock:
            self.mismatches.append(Mismatch(name, url))

    def close(self) -> None:
        """Take the figures away."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)

    def _write(self) -> None:
        figures = Figures(self.fetched_bytes, self._total_bytes, self.retries)
        temporary = f"{self._path}.part"
        # The figures are a courtesy: a full disk must not end the run here.
        with contextlib.suppress(OSError):
            with open(temporary, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), FILE_MODE)
                json.dump(asdict(figures), file)
            os.replace(temporary, self._path)
