# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read files as the disk holds them, no faster than a person allows."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import mmap
import os
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

CHUNK_BYTES = 1024 * 1024
# A reader that was held up may catch up on this much of its time (seconds), no more.
_CREDIT_SECONDS = 1.0


class Throttle:
    """Holds a reader to a rate in bytes/s; 0 lets it run. Only the monotonic clock counts."""

    def __init__(self, bytes_per_second: float, clock: Clock) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._due = clock.monotonic()

    def spend(self, count: int) -> None:
        """Wait until ``count`` more bytes are within the rate."""
        if not self._rate:
            return
        now = self._clock.monotonic()
        self._due = max(self._due, now - _CREDIT_SECONDS) + count / self._rate
        if self._due > now:
            self._clock.sleep(self._due - now)


def hash_from_disk(path: str, throttle: Optional[Throttle] = None) -> str:
    """SHA-256 (hex) of the bytes on the disk, read at the throttle's rate.

    The page cache is passed by where the file system can do that: it would hide a bit that rotted
    beneath it, and filling it with a scrub would push out what the engine needs. Raises OSError.
    """
    hasher = hashlib.sha256()
    descriptor = _open(path)
    try:
        # Direct reads need an aligned buffer, and a mapping is aligned to pages.
        buffer = memoryview(mmap.mmap(-1, CHUNK_BYTES))
        offset = 0
        while True:
            count = _read(descriptor, buffer, offset)
            if not count:
                return hasher.hexdigest()
            hasher.update(buffer[:count])
            offset += count
            if throttle is not None:
                throttle.spend(count)
    finally:
        os.close(descriptor)


def _open(path: str) -> int:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return _without_cache(os.open(path, flags))


def _read(descriptor: int, buffer: memoryview, offset: int) -> int:
    try:
        return os.preadv(descriptor, [buffer], offset)
    except OSError as error:
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        if error.errno != errno.EINVAL or not flags & os.O_DIRECT:
            raise
        # The end of a file is seldom aligned as this file system wants it.
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~os.O_DIRECT)
        return os.preadv(descriptor, [buffer], offset)


def _without_cache(descriptor: int) -> int:
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return descriptor
