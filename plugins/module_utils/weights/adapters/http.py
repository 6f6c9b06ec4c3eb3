# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model directory on a web server: the mirror, a peer, any HTTP gateway that knows ranges."""

from __future__ import annotations

from urllib.parse import quote

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import Stream
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.web import (
    content_length,
    open_stream,
)


class HttpAdapter:
    """Reads ``http://`` and ``https://`` directories; certificates are always checked.

    ``token`` is sent as a bearer token with every request; empty: none.
    """

    def __init__(self, source: str, token: str = "") -> None:
        self._source = source.rstrip("/")
        self._secrets = {"Authorization": f"Bearer {token}"} if token else {}

    def url(self, name: str) -> str:
        """The file's URL."""
        return f"{self._source}/{quote(name)}"

    def size(self, name: str) -> int:
        """Content-Length of a HEAD request, in bytes; raises SourceError."""
        return content_length(self.url(name), secrets=self._secrets)

    def open(self, name: str, offset: int) -> Stream:
        """GET from an offset; raises SourceError. Without range support the stream starts at 0."""
        return open_stream(self.url(name), offset, secrets=self._secrets)
