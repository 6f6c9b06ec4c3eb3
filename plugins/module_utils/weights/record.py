# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of verified files that saves the next run from reading them again.

A file counts as verified while its signature (what stat says) is the one that was taken right
after its bytes were hashed. Signatures are compared for equality alone, so a clock that jumps
makes no file look verified. A bit that rots on the disk keeps the signature: only reading the
files again (the scrub, model_weights_info with ``verify``) finds that.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import (
    Verifier,
    parse_verifier,
)

SCHEMA = 2
# Schema 1 does not say who verified.
READ_SCHEMAS = (1, SCHEMA)
_FIGURES = ("size", "mtime_ns", "ctime_ns", "inode", "device")


@dataclass(frozen=True)
class Signature:
    """What stat says of a file; size in bytes, times in nanoseconds since the epoch."""

    # Python 3.9 has no dataclass(slots=True); with 100,000 files a dict each is 10 MB a class.
    __slots__ = ("ctime_ns", "device", "inode", "mtime_ns", "size")

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Signature:
        """The signature in a stat result."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)


@dataclass(frozen=True)
class VerifiedFile:
    """A file whose bytes had this SHA-256 (hex) while stat gave this signature."""

    __slots__ = ("sha256", "signature")

    sha256: str
    signature: Signature


@dataclass(frozen=True)
class Record:
    """The verified files of one version.

    ``verified_at`` is UTC, ISO 8601, of the last hashing, ``verified_by`` who did it.
    """

    name: str
    digest: str
    verified_at: str
    files: Mapping[str, VerifiedFile]
    verified_by: Verifier = field(default_factory=Verifier)


def dump_record(record: Record) -> Iterator[bytes]:
    """The record as JSON, line by line with one for each file; the same for the same record."""
    head = {
        "schema": SCHEMA,
        "name": record.name,
        "digest": record.digest,
        "verified_at": record.verified_at,
        "verified_by": asdict(record.verified_by),
    }
    yield f'{json.dumps(head)[:-1]}, "files": {{\n'.encode()
    comma = ""
    for name in sorted(record.files):
        yield f"{comma}{json.dumps(name)}: {json.dumps(_entry(record.files[name]))}".encode()
        comma = ",\n"
    yield b"\n}}\n"


def _entry(file: VerifiedFile) -> dict[str, object]:
    figures = {key: getattr(file.signature, key) for key in _FIGURES}
    return {"sha256": file.sha256, **figures}


def parse_record(text: bytes) -> Record:
    """Parse a record; raises ValueError when it is anything else."""
    try:
        content = json.loads(text, object_hook=_parse_object)
        if content["schema"] not in READ_SCHEMAS:
            raise ValueError(f"schema {content['schema']}, this version reads {READ_SCHEMAS}")
        by = parse_verifier(content["verified_by"]) if content["schema"] > 1 else Verifier()
        files = dict(content["files"].items())
        if not all(isinstance(file, VerifiedFile) for file in files.values()):
            raise ValueError("a file has no signature")
        return Record(
            name=str(content["name"]),
            digest=str(content["digest"]),
            verified_at=str(content["verified_at"]),
            files=files,
            verified_by=by,
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a record of verified files: {error!r}") from error


def _parse_object(entry: dict[str, Any]) -> Any:
    """A file's entry as what it means, while the text is read: a dict is several times as large."""
    if "inode" not in entry:
        return entry
    numbers = [entry[key] for key in _FIGURES]
    if not all(isinstance(number, int) for number in numbers):
        raise ValueError("a signature's figures are whole numbers")
    return VerifiedFile(sys.intern(str(entry["sha256"])), Signature(*numbers))
