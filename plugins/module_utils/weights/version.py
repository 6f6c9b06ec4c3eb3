# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One directory that holds a version's files (published or in staging) and its record."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import (
    Standing,
    hashed_standing,
    standing,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    RECORD_NAME,
    RESERVED_NAMES,
    SCRUB_NAME,
    FileList,
    ListedFile,
    parse_file_list,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parallel import map_parallel
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.reading import (
    CHUNK_BYTES,
    hash_from_disk,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Record,
    VerifiedFile,
    dump_record,
    parse_record,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    directories_below,
    signature_of,
    write_file,
    write_pieces,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_state import (
    ScrubState,
    dump_state,
    parse_state,
)

# Files hashed at a time: SHA-256 of one stream is slower than the disks that hold weights.
READERS = 4


@dataclass(frozen=True)
class VersionDirectory:
    """A directory of listed files."""

    path: str

    def file(self, name: str) -> str:
        """Path of a listed file."""
        return os.path.join(self.path, name)

    def exists(self) -> bool:
        """True when the directory is there."""
        return os.path.isdir(self.path)

    def file_list(self) -> Optional[FileList]:
        """The list kept in the directory; None when there is none that can be used."""
        path = self.file(LIST_NAME)
        try:
            with open(path, "rb") as file:
                return parse_file_list(file.read(), path)
        except (OSError, InputError):
            return None

    def list_digest(self) -> str:
        """SHA-256 (hex) of the list kept in the directory; empty when there is none."""
        try:
            return hash_file(self.file(LIST_NAME))
        except OSError:
            return ""

    def record(self) -> Optional[Record]:
        """The record kept in the directory; None when there is none that can be used."""
        try:
            with open(self.file(RECORD_NAME), "rb") as file:
                return parse_record(file.read())
        except (OSError, ValueError):
            return None

    def write_list(self, file_list: FileList) -> None:
        """Keep the list beside the files."""
        write_file(self.file(LIST_NAME), file_list.text)

    def write_record(self, record: Record) -> None:
        """Keep the record beside the files."""
        write_pieces(self.file(RECORD_NAME), dump_record(record))

    def scrub_state(self) -> Optional[ScrubState]:
        """What the scrub left in the directory; None when there is nothing that can be used."""
        try:
            with open(self.file(SCRUB_NAME), "rb") as file:
                return parse_state(file.read())
        except (OSError, ValueError):
            return None

    def write_scrub_state(self, state: ScrubState) -> None:
        """Keep the state of the scrub beside the files."""
        write_file(self.file(SCRUB_NAME), dump_state(state))

    def size(self, name: str) -> int:
        """Size in bytes of a regular file, 0 without one."""
        signature = signature_of(self.file(name))
        return signature.size if signature else 0


@dataclass(frozen=True)
class Survey:
    """What is known of each listed file in a directory; ``hashed_bytes`` were read to know it."""

    standings: Mapping[str, Standing]
    verified: Mapping[str, VerifiedFile]
    hashed_bytes: int


def survey(
    directory: VersionDirectory, files: tuple[ListedFile, ...], *, read: bool, trust: bool = True
) -> Survey:
    """Compare each listed file's signature with the record; with ``read`` hash those that differ.

    Without ``trust`` the record counts for nothing, so that ``read`` hashes every file, past the
    page cache. Raises OSError when a file that is there cannot be read.
    """
    record = directory.record() if trust else None
    known = record.files if record else {}
    signatures = {file.name: signature_of(directory.file(file.name)) for file in files}
    standings = {
        file.name: standing(signatures[file.name], known.get(file.name), file.sha256)
        for file in files
    }
    unread = [f for f in files if read and standings[f.name] is Standing.UNREAD]
    reader = hash_file if trust else hash_from_disk
    found = map_parallel(lambda file: reader(directory.file(file.name)), unread, READERS)
    standings.update(
        (file.name, hashed_standing(sha256, file.sha256)) for file, sha256 in zip(unread, found)
    )
    verified = {
        file.name: VerifiedFile(file.sha256, signature)
        for file in files
        if standings[file.name] is Standing.VERIFIED
        if (signature := signatures[file.name]) is not None
    }
    hashed = (signatures[file.name] for file in unread)
    hashed_bytes = sum(signature.size for signature in hashed if signature is not None)
    return Survey(standings, verified, hashed_bytes)


def own_list(name: str, directory: VersionDirectory) -> Optional[FileList]:
    """The directory's list, when its digest is the one that the directory's name carries."""
    file_list = directory.file_list()
    if file_list is None:
        return None
    own = os.path.basename(directory.path) == f"{name}@{file_list.short_digest}"
    return file_list if own else None


def owned_staging(root: WeightsRoot, name: str) -> tuple[str, ...]:
    """Short digests in staging that belong to a model, sorted.

    A directory without a record belongs to nobody: it is what a run left that was killed at its
    very start. It is counted to every model.
    """
    return tuple(e for e in root.stagings() if owner(root.staging(e)) in ("", name))


def owner(path: str) -> str:
    """Name of the model that a directory was made for; empty when no record says it."""
    record = VersionDirectory(path).record()
    return record.name if record else ""


def hash_file(path: str) -> str:
    """SHA-256 (hex) of a file's bytes."""
    hasher = hashlib.sha256()
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with open(path, "rb", buffering=0) as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                return hasher.hexdigest()
            hasher.update(buffer[:count])


def remove_unlisted(directory: VersionDirectory, files: tuple[ListedFile, ...]) -> None:
    """Remove everything from a staging directory that is not listed (left by a killed run)."""
    keep = {*RESERVED_NAMES, *(file.name for file in files)}
    for parent in directories_below(directory.path):
        for name in os.listdir(parent):
            path = os.path.join(parent, name)
            is_directory = os.path.isdir(path) and not os.path.islink(path)
            if not is_directory and os.path.relpath(path, directory.path) not in keep:
                os.unlink(path)
        with contextlib.suppress(OSError):  # it still holds listed files
            os.rmdir(parent)
