# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model on Hugging Face's hub or on a mirror that speaks its HTTP API.

A hub has no SHA256SUMS: it says the SHA-256 of each large file (Git LFS) and git's SHA-1 of each
other one. The list is made of the one, and of the bytes that were verified with the other. It has
every file, sorted by its bytes, so a revision has the list that docs/operations.md makes of a copy
of it. A SHA256SUMS in the repository is left out: it may be older than the files beside it or name
only some of them, while the hub's digests are of this very revision.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import quote, urljoin

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import Stream
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.small import (
    HeldStream,
    read_small,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.web import (
    ADVICE_REFUSED,
    HttpStream,
    ask,
    open_stream,
    same_origin,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    SourceError,
    TransientSourceError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    name_fault,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parallel import map_parallel
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    hub_repository,
)

_ADVICE: Mapping[int, str] = {
    401: "the model is private, gated or not there: give the token of an account that may read it, "
    "and check ORG/NAME",
    403: "the token's account may not read it: accept the model's terms on the hub, or give the "
    "token of an account that may",
    404: "check ORG/NAME and the revision",
}
_ADVICE_LIST = "check that the endpoint speaks the API of Hugging Face's hub"
_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')
# The hub gives 1,000 files a page.
_MOST_PAGES = 1000
# Small files that are read at a time for the list.
_READERS = 4
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubFile:
    """One file of a revision: ``sha256`` of a large file, empty for the others; ``blob`` is what
    git names the file by (SHA-1, hex), of a large one that of its pointer."""

    name: str
    size: int
    sha256: str
    blob: str


class HubAdapter:
    """Reads one revision of a model; ``token`` (empty: none) goes to the endpoint alone."""

    def __init__(self, source: str, token: str = "") -> None:
        model = hub_repository(source)
        name, revision = quote(model.name), quote(model.revision, safe="")
        self._files_url = f"{model.endpoint}/{name}/resolve/{revision}"
        self._tree_url = f"{model.endpoint}/api/models/{name}/tree/{revision}?recursive=true"
        self._secrets = {"Authorization": f"Bearer {token}"} if token else {}
        self._lock = threading.Lock()
        self._files: Optional[Mapping[str, HubFile]] = None
        self._list: Optional[bytes] = None

    def url(self, name: str) -> str:
        """The file's URL; of the list the one that it is made from."""
        return self._tree_url if name == LIST_NAME else f"{self._files_url}/{quote(name)}"

    def size(self, name: str) -> int:
        """The file's size in bytes, as the hub says; raises SourceError or InputError."""
        file = self._tree().get(name)
        if file is None:
            raise SourceError(self.url(name), "not in the hub's list of files", ADVICE_REFUSED)
        return file.size

    def open(self, name: str, offset: int) -> Stream:
        """Start to read a file at ``offset`` bytes, wherever the hub redirects to.

        Raises SourceError or InputError.
        """
        if name == LIST_NAME:
            return HeldStream(self._sha256_list(), offset)
        return self._stream(name, offset)

    def _stream(self, name: str, offset: int) -> HttpStream:
        return open_stream(self.url(name), offset, secrets=self._secrets, advise=_advise)

    def _sha256_list(self) -> bytes:
        if self._list is None:
            files = sorted(self._tree().values(), key=lambda file: file.name)
            digests = map_parallel(self._sha256, files, _READERS)
            lines = [f"{sha256}  {file.name}\n" for file, sha256 in zip(files, digests)]
            self._list = "".join(lines).encode()
        return self._list

    def _sha256(self, file: HubFile) -> str:
        """The SHA-256 that the hub says, or that of bytes which have the git digest it says."""
        if file.sha256:
            return file.sha256
        url = self.url(file.name)
        content = read_small(self._stream(file.name, 0), url)
        found = _blob_of(content)
        if found != file.blob:
            found = f"git's SHA-1 of its {len(content)} bytes is {found}, the list has {file.blob}"
            raise TransientSourceError(url, found, "look at what the hub gives for this file")
        return hashlib.sha256(content).hexdigest()

    def _tree(self) -> Mapping[str, HubFile]:
        with self._lock:
            if self._files is None:
                self._files = self._read_tree()
            return self._files

    def _read_tree(self) -> Mapping[str, HubFile]:
        files: list[HubFile] = []
        url = self._tree_url
        for _page in range(_MOST_PAGES):
            content, following = self._page(url)
            files += _parse_page(content, url)
            if not following:
                return {file.name: file for file in files}
            url = following
        found = f"the list of files has over {_MOST_PAGES} pages"
        raise SourceError(self._tree_url, found, _ADVICE_LIST)

    def _page(self, url: str) -> tuple[bytes, str]:
        """One page of the list and the URL of the next, empty for none."""
        own = same_origin(url, self._tree_url)
        answer = ask(url, secrets=self._secrets if own else {}, advise=_advise)
        following = _NEXT.search(answer.headers.get("Link", ""))
        content = read_small(HttpStream(url, answer, 0), url)
        return content, urljoin(url, following[1]) if following else ""


def _advise(status: int, _body: bytes) -> str:
    return _ADVICE.get(status, ADVICE_REFUSED)


def _blob_of(content: bytes) -> str:
    """What git names a file with these bytes by."""
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def _parse_page(content: bytes, url: str) -> list[HubFile]:
    try:
        entries = json.loads(content)
        files = [_parse_entry(entry) for entry in entries if entry["type"] == "file"]
    except (ValueError, KeyError, TypeError) as error:
        found = f"the answer is no list of files ({type(error).__name__}: {error})"
        raise SourceError(url, found, _ADVICE_LIST) from error
    wanted = [file for file in files if file.name != LIST_NAME]
    faults = [f"{file.name!r} {fault}" for file in wanted if (fault := name_fault(file.name))]
    if faults:
        raise InputError(f"the files of {url} are refused", faults)
    return wanted


def _parse_entry(entry: Mapping[str, Any]) -> HubFile:
    large = entry.get("lfs") or {}
    file = HubFile(
        name=str(entry["path"]),
        size=int(large.get("size", entry["size"])),
        sha256=str(large.get("oid", "")),
        blob=str(entry["oid"]),
    )
    if not (_SHA256.fullmatch(file.sha256) if large else _SHA1.fullmatch(file.blob)):
        raise ValueError(f"{file.name} has no digest")
    return file
