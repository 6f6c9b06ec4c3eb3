# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small files of a source, which are held in memory: lists, an index, answers of an API."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import Stream
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import SourceError

# A list line has about 100 bytes and DeepSeek-R1 has 165 files; its index has 9 MB.
MAX_SMALL_FILE_BYTES = 64 * 1024 * 1024
_READ_BYTES = 256 * 1024


class HeldStream:
    """Bytes that are there already."""

    def __init__(self, content: bytes, offset: int) -> None:
        self.offset = offset
        self._rest = memoryview(content)[offset:]

    def read(self, limit: int) -> bytes:
        """The next bytes."""
        data, self._rest = self._rest[:limit], self._rest[limit:]
        return bytes(data)

    def close(self) -> None:
        """Let go of the bytes."""
        self._rest = memoryview(b"")


def read_small(stream: Stream, url: str) -> bytes:
    """All bytes of a stream, which is closed; raises SourceError when there are too many."""
    content = bytearray()
    try:
        while True:
            data = stream.read(_READ_BYTES)
            if not data:
                return bytes(content)
            content += data
            if len(content) > MAX_SMALL_FILE_BYTES:
                found = f"more than {MAX_SMALL_FILE_BYTES} bytes"
                raise SourceError(url, found, "check what lies there")
    finally:
        stream.close()
