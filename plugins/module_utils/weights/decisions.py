# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decisions about weights: what is there, what must be hashed, what is fetched in which order.

Pure functions over values; nothing here touches a disk, a network or a clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import SpaceError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import ListedFile
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Signature,
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    NO_CREDENTIALS,
    WEB_SCHEMES,
    Credentials,
    source_faults,
    url_faults,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Standing(Enum):
    """What is known of one copy of a file."""

    MISSING = "missing"
    UNREAD = "unread"  # there, but not known by its signature: its bytes must be hashed
    VERIFIED = "verified"
    MISMATCHING = "mismatching"


@dataclass(frozen=True)
class Copies:
    """A listed file and its copies: in the published version and in staging.

    ``partial_bytes`` is the length of the partial file in staging (0: none).
    """

    __slots__ = ("file", "partial_bytes", "published", "staged")

    file: ListedFile
    published: Standing
    staged: Standing
    partial_bytes: int


@dataclass(frozen=True)
class Fetch:
    """A file to fetch: ``size`` bytes in all, of which ``partial_bytes`` are already there."""

    __slots__ = ("file", "partial_bytes", "size")

    file: ListedFile
    size: int
    partial_bytes: int

    @property
    def remaining_bytes(self) -> int:
        """Bytes that still have to come from the source."""
        return self.size - self.partial_bytes


def input_faults(
    name: str,
    destination: str,
    digest: str,
    source: Optional[str],
    feeds: Sequence[str] = (),
    credentials: Credentials = NO_CREDENTIALS,
) -> list[str]:
    """Faults of the parameters, sorted; ``source`` is None where none is needed."""
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(f"name {name!r}: letters, digits, '.', '_' and '-' are needed, no '/' or '@'")
    if not destination.startswith("/") or ".." in destination.split("/"):
        faults.append(f"destination {destination!r}: an absolute path without '..' is needed")
    if digest and not _DIGEST.fullmatch(digest):
        faults.append(f"digest {digest!r}: 64 lower-case hex digits (SHA-256) are needed")
    if source is not None:
        faults.extend(fault.line("source") for fault in source_faults(source, credentials))
    faults.extend(fault.line("feed") for feed in feeds for fault in url_faults(feed, WEB_SCHEMES))
    return sorted(faults)


def pin_faults(pinned: str, found: str) -> list[str]:
    """Faults of a list whose digest is not the pinned one (empty pin: any list is accepted)."""
    if pinned in ("", found):
        return []
    return [f"its SHA-256 is {found}, digest {pinned} is needed"]


def standing(
    signature: Optional[Signature], verified: Optional[VerifiedFile], sha256: str
) -> Standing:
    """What a copy's signature says; None for a file or a record entry that is not there."""
    if signature is None:
        return Standing.MISSING
    if verified == VerifiedFile(sha256, signature):
        return Standing.VERIFIED
    return Standing.UNREAD


def hashed_standing(found: str, sha256: str) -> Standing:
    """What hashing a copy's bytes says."""
    return Standing.VERIFIED if found == sha256 else Standing.MISMATCHING


def to_repair(copies: Sequence[Copies]) -> tuple[Copies, ...]:
    """The files that the published version lacks or holds with wrong bytes."""
    return tuple(copy for copy in copies if copy.published is not Standing.VERIFIED)


def to_fetch(copies: Sequence[Copies]) -> tuple[ListedFile, ...]:
    """Of these the files whose right bytes are not in staging either."""
    return tuple(c.file for c in to_repair(copies) if c.staged is not Standing.VERIFIED)


def order_fetches(copies: Sequence[Copies], sizes: Mapping[str, int]) -> tuple[Fetch, ...]:
    """What to fetch, longest remaining transfer first, so that parallel transfers end together.

    ``sizes`` gives the bytes at the source of each file in ``to_fetch``. A partial file that is
    longer than its source holds nothing that can be kept.
    """
    wanted = {file.name for file in to_fetch(copies)}
    fetches = []
    for copy in copies:
        if copy.file.name in wanted:
            size = sizes[copy.file.name]
            kept = copy.partial_bytes if copy.partial_bytes <= size else 0
            fetches.append(Fetch(copy.file, size, kept))
    return tuple(sorted(fetches, key=lambda item: (-item.remaining_bytes, item.file.name)))


def first_share(fetches: Sequence[Fetch], share_bytes: int) -> tuple[Fetch, ...]:
    """The first fetches that together reach ``share_bytes``; all of them for 0."""
    if not share_bytes:
        return tuple(fetches)
    taken: list[Fetch] = []
    for fetch in fetches:
        if sum(each.remaining_bytes for each in taken) >= share_bytes:
            break
        taken.append(fetch)
    return tuple(taken)


def check_space(path: str, fetches: Sequence[Fetch], *, free: int, there: int, block: int) -> None:
    """Raise SpaceError unless every remaining byte, rounded up to blocks, fits (bytes)."""
    needed = sum(-(-fetch.remaining_bytes // block) * block for fetch in fetches)
    if needed > free:
        raise SpaceError(path, needed=needed, free=free, there=there)
