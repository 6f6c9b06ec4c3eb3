# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model at its source: the list, the index and the sizes, each asked for once per run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, Optional
from urllib.parse import urlsplit

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    TransferAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.feeds import (
    FeedsAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.file import (
    FileAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.http import (
    HttpAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.hub import (
    HubAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.s3 import (
    S3Adapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.small import (
    read_small,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    MismatchError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    FileList,
    ListedFile,
    parse_file_list,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parallel import map_parallel
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Retry
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    HUB_SCHEMES,
    NO_CREDENTIALS,
    S3_SCHEMES,
    WEB_SCHEMES,
    Credentials,
)

ADAPTERS: Mapping[str, Callable[[str, Credentials], TransferAdapter]] = {
    "file": lambda source, _credentials: FileAdapter(source),
    **dict.fromkeys(WEB_SCHEMES, lambda source, given: HttpAdapter(source, given.token)),
    **dict.fromkeys(HUB_SCHEMES, lambda source, given: HubAdapter(source, given.token)),
    **dict.fromkeys(S3_SCHEMES, S3Adapter),
}


def open_adapter(source: str, credentials: Credentials = NO_CREDENTIALS) -> TransferAdapter:
    """The adapter for a source whose URL and credentials were checked."""
    return ADAPTERS[urlsplit(source).scheme](source, credentials)


def open_feeds(
    feeds: Sequence[str], path: str, token: str, source: TransferAdapter
) -> TransferAdapter:
    """The adapter for the files' bytes: a relay's ``path`` at each feed in turn, then the source.

    ``path`` is CHAIN_PATH or STORED_PATH.
    """
    if not feeds:
        return source
    return FeedsAdapter([*(HttpAdapter(feed + path, token) for feed in feeds), source])


class Source:
    """What one run knows of the source."""

    def __init__(self, adapter: TransferAdapter, *, retry: Retry, parallel: int) -> None:
        self.adapter = adapter
        self._retry = retry
        self._parallel = parallel
        self._list: Optional[FileList] = None
        self._sizes: dict[str, int] = {}

    def file_list(self) -> FileList:
        """The source's list; raises SourceError or InputError."""
        if self._list is None:
            text = self._retry.run(lambda: self._read_small(LIST_NAME))
            self._list = parse_file_list(text, self.adapter.url(LIST_NAME))
        return self._list

    def read_verified(self, file: ListedFile) -> bytes:
        """A small file's bytes; raises MismatchError when they are not the listed ones."""
        return self._retry.run(lambda: self._read_verified(file))

    def sizes(self, names: Iterable[str]) -> Mapping[str, int]:
        """Size in bytes of each file; raises SourceError."""
        unknown = [name for name in names if name not in self._sizes]
        self._sizes.update(zip(unknown, map_parallel(self._size, unknown, self._parallel)))
        return self._sizes

    def _size(self, name: str) -> int:
        return self._retry.run(lambda: self.adapter.size(name))

    def _read_verified(self, file: ListedFile) -> bytes:
        content = self._read_small(file.name)
        found = hashlib.sha256(content).hexdigest()
        if found != file.sha256:
            url = self.adapter.url(file.name)
            raise MismatchError(file.name, url, expected=file.sha256, found=found)
        return content

    def _read_small(self, name: str) -> bytes:
        return read_small(self.adapter.open(name, 0), self.adapter.url(name))
