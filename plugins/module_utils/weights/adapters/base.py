# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every transfer adapter offers: the bytes of a model's files, from any offset."""

from __future__ import annotations

from typing import Protocol

# A source that sends nothing for this long is taken for dead (seconds).
STALL_SECONDS = 30.0


class Stream(Protocol):
    """Bytes of one file from ``offset`` on.

    ``offset`` may be 0 where more was asked for: a source without ranges starts anew.
    """

    offset: int

    def read(self, limit: int) -> bytes:
        """What is there of the next ``limit`` bytes, empty at the end; raises SourceError."""

    def close(self) -> None:
        """Give back the connection or the file."""


class TransferAdapter(Protocol):
    """Reads the files of one model directory at a source."""

    def url(self, name: str) -> str:
        """The file's URL, for errors and results."""

    def size(self, name: str) -> int:
        """The file's size in bytes; raises SourceError."""

    def open(self, name: str, offset: int) -> Stream:
        """Start to read a file at ``offset`` bytes; raises SourceError."""
