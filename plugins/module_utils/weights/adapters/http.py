# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model directory on a web server: the mirror, a peer, any HTTP gateway that knows ranges."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    STALL_SECONDS,
    Stream,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    NotYetError,
    SourceError,
    TransientSourceError,
    UnreachableError,
)

_PARTIAL_CONTENT = 206
# Request Timeout, Too Early, Too Many Requests: the only client errors that time can heal.
_TRANSIENT_CLIENT_ERRORS = (408, 425, 429)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
# Proxies and redirects as everywhere in urllib; certificates are checked with the system's list.
_OPENER = urllib.request.build_opener()
_ADVICE_REFUSED = "check the source's URL and what the server holds there"
_ADVICE_AGAIN = "check that the server runs and is reachable from this host"


class HttpStream:
    """The body of one answer."""

    def __init__(self, url: str, answer: http.client.HTTPResponse, offset: int) -> None:
        self.offset = offset
        self._url = url
        self._answer = answer

    def read(self, limit: int) -> bytes:
        """What has arrived; raises TransientSourceError when the connection breaks or stalls."""
        try:
            data = self._answer.read1(limit)
        except (OSError, http.client.HTTPException) as error:
            found = f"the connection broke ({error!r})"
            raise TransientSourceError(self._url, found, _ADVICE_AGAIN) from error
        if not data and self._answer.length:
            found = f"the connection ended {self._answer.length} bytes early"
            raise TransientSourceError(self._url, found, _ADVICE_AGAIN)
        return data

    def close(self) -> None:
        """Close the connection."""
        self._answer.close()


class HttpAdapter:
    """Reads ``http://`` and ``https://`` directories; certificates are always checked.

    ``token`` is sent as a bearer token with every request; empty: none.
    """

    def __init__(self, source: str, token: str = "") -> None:
        self._source = source.rstrip("/")
        self._headers = {"Accept-Encoding": "identity"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def url(self, name: str) -> str:
        """The file's URL."""
        return f"{self._source}/{quote(name)}"

    def size(self, name: str) -> int:
        """Content-Length of a HEAD request, in bytes; raises SourceError."""
        answer = self._ask(name, "HEAD", {})
        answer.close()
        length = answer.headers.get("Content-Length", "")
        if not length.isdigit():
            found = "the server does not say the file's size (no Content-Length)"
            raise SourceError(self.url(name), found, "serve plain files with a known length")
        return int(length)

    def open(self, name: str, offset: int) -> Stream:
        """GET from an offset; raises SourceError. Without range support the stream starts at 0."""
        answer = self._ask(name, "GET", {"Range": f"bytes={offset}-"} if offset else {})
        started = _start_of(answer) if offset else 0
        return HttpStream(self.url(name), answer, started)

    def _ask(self, name: str, method: str, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(  # noqa: S310  the scheme was checked with the input
            self.url(name), method=method, headers={**self._headers, **headers}
        )
        try:
            return _OPENER.open(request, timeout=STALL_SECONDS)
        except urllib.error.HTTPError as error:
            error.close()
            raise _status_error(self.url(name), error) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            found = f"no answer ({reason})"
            raise UnreachableError(self.url(name), found, _ADVICE_AGAIN) from error


def _start_of(answer: http.client.HTTPResponse) -> int:
    match = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
    if answer.status == _PARTIAL_CONTENT and match is not None:
        return int(match[1])
    return 0


def _status_error(url: str, error: urllib.error.HTTPError) -> SourceError:
    status = error.code
    found = f"the server answers {status} {error.reason}"
    retry_after = error.headers.get("Retry-After", "")
    if status == http.client.SERVICE_UNAVAILABLE and retry_after.isdigit():
        return NotYetError(url, found, _ADVICE_AGAIN, retry_after=int(retry_after))
    if status in _TRANSIENT_CLIENT_ERRORS or status >= http.client.INTERNAL_SERVER_ERROR:
        return TransientSourceError(url, found, _ADVICE_AGAIN)
    return SourceError(url, found, _ADVICE_REFUSED)
