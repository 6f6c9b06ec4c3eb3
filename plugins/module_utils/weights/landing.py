# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Land files in staging: resume what is partial, hash while bytes arrive, keep only right files."""

from __future__ import annotations

import errno
import hashlib
import io
import math
import os
import threading
from dataclasses import dataclass, field
from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    Stream,
    TransferAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.arrival import (
    Arrive,
    nothing_arrives,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import Fetch
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    MismatchError,
    SeveralError,
    SpaceError,
    StoppedError,
    TransientSourceError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    PARTIAL_SUFFIX,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parallel import work_through
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.progress import (
    Progress,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.reading import CHUNK_BYTES
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Signature,
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Retry
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    FILE_MODE,
    make_directories,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
)

# Checks a landed file's content beyond its digest: (path, name) -> raises WeightsError.
ContentCheck = Callable[[str, str], None]
# Told of each file that landed: (name, what was verified).
Landed = Callable[[str, VerifiedFile], None]


@dataclass(frozen=True)
class Landing:
    """Lands files of one version; ``timeout_seconds`` bounds each attempt at a file.

    A file that was wrong is fetched again by ``repair_adapter``: a node that passes files on before
    it knows them would give the same bytes again. At ``ends_at`` (the clock's seconds) what has not
    landed is left for the next run.
    """

    staging: VersionDirectory
    adapter: TransferAdapter
    repair_adapter: TransferAdapter
    retry: Retry
    timeout_seconds: float
    progress: Progress
    check_content: ContentCheck
    landed: Landed
    arrive: Arrive = nothing_arrives
    ends_at: float = math.inf
    _stop: threading.Event = field(default_factory=threading.Event)
    _wrong: set[str] = field(default_factory=set)

    def land(self, fetches: tuple[Fetch, ...], parallel: int) -> None:
        """Land the files, ``parallel`` at a time; the first failure stops the others.

        Raises the failed file's WeightsError, or SeveralError. Partial files stay for the next run.
        """
        errors = work_through(self._land_or_stop, fetches, parallel)
        unexpected = [e for e in errors if not isinstance(e, WeightsError)]
        failed = [
            e for e in errors if isinstance(e, WeightsError) and not isinstance(e, StoppedError)
        ]
        if unexpected:
            raise unexpected[0]
        if len(failed) == 1:
            raise failed[0]
        if failed:
            raise SeveralError(failed)

    def _land_or_stop(self, fetch: Fetch) -> None:
        try:
            self.retry.run(lambda: self._land_once(fetch), self.progress.retried)
        except BaseException:
            self._stop.set()
            raise

    def _land_once(self, fetch: Fetch) -> None:
        self._give_up_if_stopped()
        name = fetch.file.name
        final = self.staging.file(name)
        make_directories(os.path.dirname(final))
        arrived = self.arrive(name, self._give_up_if_stopped)
        partial = arrived or final + PARTIAL_SUFFIX
        try:
            if arrived:
                self.progress.fetched(os.path.getsize(arrived))
            found = self._fill(partial, fetch)
        except OSError as error:
            raise self._disk_error(partial, fetch, error) from error
        if found != fetch.file.sha256:
            os.unlink(partial)
            url = self._adapter(name).url(name)
            self._wrong.add(name)
            self.progress.mismatched(name, url)
            raise MismatchError(name, url, expected=fetch.file.sha256, found=found)
        self.check_content(partial, name)
        os.replace(partial, final)
        self.landed(name, VerifiedFile(found, Signature.of(os.lstat(final))))

    def _adapter(self, name: str) -> TransferAdapter:
        return self.repair_adapter if name in self._wrong else self.adapter

    def _give_up_if_stopped(self) -> None:
        if self._stop.is_set():
            raise StoppedError("another file failed")
        if self.retry.clock.monotonic() >= self.ends_at:
            raise StoppedError("the time of the run is over")

    def _fill(self, partial: str, fetch: Fetch) -> str:
        """Bring the partial file to its full size; returns the SHA-256 (hex) of its bytes."""
        with _open_partial(partial) as file:
            os.fchmod(file.fileno(), FILE_MODE)
            if file.tell() > fetch.size:
                file.truncate(0)
            hasher, offset = _hash_partial(partial)
            if offset < fetch.size:
                hasher = self._receive(file, fetch, hasher, offset)
            os.fsync(file.fileno())
        return hasher.hexdigest()

    def _receive(
        self, file: io.FileIO, fetch: Fetch, hasher: hashlib._Hash, offset: int
    ) -> hashlib._Hash:
        began = self.retry.clock.monotonic()
        stream = self._adapter(fetch.file.name).open(fetch.file.name, offset)
        try:
            if stream.offset != offset:
                file.truncate(0)
                hasher, offset = hashlib.sha256(), 0
            self._copy(stream, file, hasher, fetch.size - offset)
        finally:
            stream.close()
        seconds = self.retry.clock.monotonic() - began
        url = self._adapter(fetch.file.name).url(fetch.file.name)
        self.progress.pulled(fetch.size - offset, seconds, url)
        return hasher

    def _copy(self, stream: Stream, file: io.FileIO, hasher: hashlib._Hash, remaining: int) -> None:
        clock = self.retry.clock
        deadline = clock.monotonic() + self.timeout_seconds
        while remaining:
            self._give_up_if_stopped()
            if clock.monotonic() > deadline:
                raise self._short(file, f"not whole after {self.timeout_seconds:g} s", remaining)
            data = stream.read(min(CHUNK_BYTES, remaining))
            if not data:
                raise self._short(file, "the source sent too little", remaining)
            _write_all(file, data)
            hasher.update(data)
            self.progress.fetched(len(data))
            remaining -= len(data)

    def _short(self, file: io.FileIO, found: str, remaining: int) -> TransientSourceError:
        name = os.path.relpath(file.name, self.staging.path)[: -len(PARTIAL_SUFFIX)]
        return TransientSourceError(
            self._adapter(name).url(name),
            f"{found}, {remaining} bytes are missing",
            "the next run goes on from there; check the source and the network",
        )

    def _disk_error(self, partial: str, fetch: Fetch, error: OSError) -> WeightsError:
        landed = os.path.getsize(partial) if os.path.exists(partial) else 0
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            stat = os.statvfs(self.staging.path)
            return SpaceError(
                partial,
                needed=fetch.size - landed,
                free=stat.f_bavail * stat.f_frsize,
                there=landed,
            )
        return WeightsError(f"{partial}: not writable ({error.strerror}); check the disk")


def _open_partial(path: str) -> io.FileIO:
    """A partial file at its end; a link in its place gives way, and what it names is left alone."""
    if os.path.islink(path):
        os.unlink(path)
    return open(path, "ab", buffering=0, opener=_open_no_link)


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, FILE_MODE)


def _hash_partial(path: str) -> tuple[hashlib._Hash, int]:
    hasher = hashlib.sha256()
    offset = 0
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with open(path, "rb", buffering=0) as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                return hasher, offset
            hasher.update(buffer[:count])
            offset += count


def _write_all(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
