# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model directory in the node's own file system: a mounted share, a disk that was carried in."""

from __future__ import annotations

import io
import os
from urllib.parse import unquote, urlsplit

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import Stream
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import SourceError

_ADVICE = "check the path and that its file system is mounted"


class FileStream:
    """A file opened at an offset."""

    def __init__(self, url: str, file: io.FileIO, offset: int) -> None:
        self.offset = offset
        self._url = url
        self._file = file

    def read(self, limit: int) -> bytes:
        """The next bytes; raises SourceError when the disk or share does not answer."""
        try:
            return self._file.read(limit)
        except OSError as error:
            raise SourceError(self._url, f"not readable ({error.strerror})", _ADVICE) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class FileAdapter:
    """Reads ``file:///path``; links are followed (a Hugging Face cache is made of them)."""

    def __init__(self, source: str) -> None:
        self._directory = unquote(urlsplit(source).path)
        self._source = source.rstrip("/")

    def url(self, name: str) -> str:
        """The file's URL."""
        return f"{self._source}/{name}"

    def size(self, name: str) -> int:
        """Size in bytes; raises SourceError when the file is not there."""
        try:
            return os.stat(os.path.join(self._directory, name)).st_size
        except OSError as error:
            raise SourceError(self.url(name), f"not there ({error.strerror})", _ADVICE) from error

    def open(self, name: str, offset: int) -> Stream:
        """Open the file at an offset; raises SourceError when that fails."""
        try:
            path = os.path.join(self._directory, name)
            file = open(path, "rb", buffering=0)  # noqa: SIM115  the stream closes it
            file.seek(offset)
        except OSError as error:
            raise SourceError(self.url(name), f"not there ({error.strerror})", _ADVICE) from error
        return FileStream(self.url(name), file, offset)
