# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SHA-256 list of a model directory (``SHA256SUMS`` as coreutils' sha256sum writes it)."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Union

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError

LIST_NAME = "SHA256SUMS"
RECORD_NAME = ".verified.json"
SCRUB_NAME = ".scrub.json"
RESERVED_NAMES = (LIST_NAME, RECORD_NAME, SCRUB_NAME)
PARTIAL_SUFFIX = ".part"
SHORT_DIGEST = 12

_LINE = re.compile(r"(?P<sha256>[0-9a-fA-F]{64}) [ *](?P<name>.+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_REFUSED = "is refused (write it anew in the model's directory: sha256sum -- * > SHA256SUMS)"


@dataclass(frozen=True)
class ListedFile:
    """One file of a model: its path relative to the model directory and its SHA-256 (hex)."""

    __slots__ = ("name", "sha256")

    name: str
    sha256: str


@dataclass(frozen=True)
class FileList:
    """A model's files in the list's order; ``digest`` is the SHA-256 (hex) of the list itself."""

    digest: str
    files: tuple[ListedFile, ...]
    text: bytes

    @property
    def short_digest(self) -> str:
        """First 12 hex digits: the version's name on disk."""
        return self.digest[:SHORT_DIGEST]

    def sha256_of(self, name: str) -> str:
        """SHA-256 (hex) of a listed file; the empty string for a file that is not listed."""
        return next((file.sha256 for file in self.files if file.name == name), "")


def parse_file_list(text: bytes, url: str) -> FileList:
    """Parse a list of ``<64 hex digits> <space or *><relative path>`` lines read from ``url``.

    A leading ``./`` is dropped. Raises InputError with every fault: no file at all, malformed
    lines, unsafe or reserved names, names listed twice, a name that is also a directory.
    """
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        fault = f"byte {error.start} is not UTF-8"
        raise InputError(f"{url} {_REFUSED}", [fault]) from error
    if lines[-1] == "":
        lines.pop()
    parsed = [_parse_line(number, line) for number, line in enumerate(lines, start=1)]
    files = [item for item in parsed if isinstance(item, ListedFile)]
    faults = [item for item in parsed if isinstance(item, str)]
    faults.extend(_name_clashes(files))
    if not lines:
        faults.append("it names no file")
    if faults:
        raise InputError(f"{url} {_REFUSED}", faults)
    return FileList(hashlib.sha256(text).hexdigest(), tuple(files), text)


def _parse_line(number: int, line: str) -> Union[ListedFile, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        return f"line {number} is not '<64 hex digits>  <file>': {line[:120]!r}"
    name = match["name"]
    while name.startswith("./"):
        name = name[2:]
    fault = name_fault(name)
    if fault:
        return f"line {number}: {match['name']!r} {fault}"
    # Records name the same digests: with 100,000 files 10 MB each that are not kept twice.
    return ListedFile(name, sys.intern(match["sha256"].lower()))


def name_fault(name: str) -> str:
    """Why a listed path may not be used below the model directory; empty when it may."""
    parts = name.split("/")
    rules = (
        (name.startswith("/"), "is absolute"),
        (".." in parts, "leaves the model directory"),
        (_CONTROL.search(name) is not None, "has a control character or a backslash"),
        ("" in parts or "." in parts, "is not a plain relative path"),
        (name in RESERVED_NAMES, "is a reserved name"),
        (name.endswith(PARTIAL_SUFFIX), f"ends in {PARTIAL_SUFFIX}, the mark of a partial file"),
    )
    return next((fault for broken, fault in rules if broken), "")


def _name_clashes(files: Sequence[ListedFile]) -> Iterator[str]:
    seen: set[str] = set()
    for file in files:
        if file.name in seen:
            yield f"{file.name!r} is listed more than once"
        seen.add(file.name)
    for name in sorted(seen):
        parent = name.rpartition("/")[0]
        while parent:
            if parent in seen:
                yield f"{parent!r} is listed as a file and is the directory of {name!r}"
            parent = parent.rpartition("/")[0]
