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
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import (
    Verifier,
    parse_verifier,
)

SCHEMA = 2
# Schema 1 does not say who verified.
READ_SCHEMAS = (1, SCHEMA)


@dataclass(frozen=True)
class Signature:
    """What stat says of a file; size in bytes, times in nanoseconds since the epoch."""

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


def dump_record(record: Record) -> bytes:
    """The record as JSON, the same bytes for the same record."""
    files = {
        name: {"sha256": file.sha256, **asdict(file.signature)}
        for name, file in record.files.items()
    }
    content = {
        "schema": SCHEMA,
        "name": record.name,
        "digest": record.digest,
        "verified_at": record.verified_at,
        "verified_by": asdict(record.verified_by),
        "files": files,
    }
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def parse_record(text: bytes) -> Record:
    """Parse a record; raises ValueError when it is anything else."""
    try:
        content = json.loads(text)
        if content["schema"] not in READ_SCHEMAS:
            raise ValueError(f"schema {content['schema']}, this version reads {READ_SCHEMAS}")
        by = parse_verifier(content["verified_by"]) if content["schema"] > 1 else Verifier()
        return Record(
            name=str(content["name"]),
            digest=str(content["digest"]),
            verified_at=str(content["verified_at"]),
            files={name: _parse_file(entry) for name, entry in content["files"].items()},
            verified_by=by,
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a record of verified files: {error!r}") from error


def _parse_file(entry: Mapping[str, object]) -> VerifiedFile:
    numbers = [entry[key] for key in ("size", "mtime_ns", "ctime_ns", "inode", "device")]
    if not all(isinstance(number, int) for number in numbers):
        raise ValueError("a signature's figures are whole numbers")
    return VerifiedFile(str(entry["sha256"]), Signature(*numbers))  # type: ignore[arg-type]
