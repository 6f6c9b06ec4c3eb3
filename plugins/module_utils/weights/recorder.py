# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep a directory's record in step with the files that land in it."""

from __future__ import annotations

import contextlib
import threading

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Record,
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
)

# Writing the record takes at most this part of the time: with 100,000 files it has 25 MB.
_SHARE = 0.05


class Recorder:
    """Collects what was verified, from several threads.

    The record on the disk may be behind while files land: a run that is killed costs reading again
    what came since, and no transfer.
    """

    def __init__(self, spec: WeightsSpec, digest: str, clock: Clock) -> None:
        self._spec = spec
        self._digest = digest
        self._clock = clock
        self._lock = threading.Lock()
        self._due = clock.monotonic()
        self.files: dict[str, VerifiedFile] = {}

    def add(self, directory: VersionDirectory, name: str, file: VerifiedFile) -> None:
        """Note one more file and write the record when it is time to."""
        with self._lock:
            self.files[name] = file
            started = self._clock.monotonic()
            if started < self._due:
                return
            # On a disk that is full now the run ends with the file that does not fit, not here.
            with contextlib.suppress(OSError):
                self.write(directory)
            ended = self._clock.monotonic()
            self._due = ended + (ended - started) / _SHARE

    def write(self, directory: VersionDirectory) -> None:
        """Write the record; raises OSError."""
        directory.write_record(
            Record(
                self._spec.name,
                self._digest,
                self._clock.utc(),
                dict(self.files),
                verified_by=self._spec.verifier,
            )
        )
