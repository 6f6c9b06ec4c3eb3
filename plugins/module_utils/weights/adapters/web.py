# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One HTTP request and its answer, for every adapter that speaks HTTP."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import IO, Any, Callable, Optional
from urllib.parse import urlsplit

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    STALL_SECONDS,
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
ADVICE_REFUSED = "check the source's URL and what the server holds there"
ADVICE_AGAIN = "check that the server runs and is reachable from this host"
_ERROR_BYTES = 4096

# What to do about an answer that refuses: (its status, the start of its body) -> advice.
Advise = Callable[[int, bytes], str]


def plain_advice(_status: int, _body: bytes) -> str:
    """The advice for a server of which nothing more is known."""
    return ADVICE_REFUSED


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect, and takes the secrets along only where scheme, host and port stay.

    urllib never copies what was added as "unredirected", so that forgetting it here loses a secret
    instead of giving it away.
    """

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> Optional[urllib.request.Request]:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None:
            # Python before 3.13 asks for the whole file where a HEAD is redirected.
            following.method = req.get_method()
            if same_origin(req.full_url, newurl):
                following.unredirected_hdrs.update(_secrets_of(req))
        return following


# Proxies as everywhere in urllib; certificates are checked with the system's list.
_OPENER = urllib.request.build_opener(_Redirects)


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
            raise TransientSourceError(self._url, found, ADVICE_AGAIN) from error
        if not data and self._answer.length:
            found = f"the connection ended {self._answer.length} bytes early"
            raise TransientSourceError(self._url, found, ADVICE_AGAIN)
        return data

    def close(self) -> None:
        """Close the connection."""
        self._answer.close()


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Optional[Mapping[str, str]] = None,
    secrets: Optional[Mapping[str, str]] = None,
    advise: Advise = plain_advice,
) -> Any:
    """The answer (an HTTPResponse) to one request; raises SourceError.

    ``secrets`` are headers that no other origin gets to see when the server redirects.
    """
    request = urllib.request.Request(  # noqa: S310  the scheme was checked with the input
        url, method=method, headers={"Accept-Encoding": "identity", **(headers or {})}
    )
    for name, value in (secrets or {}).items():
        request.add_unredirected_header(name, value)
    try:
        return _OPENER.open(request, timeout=STALL_SECONDS)
    except urllib.error.HTTPError as error:
        with error:
            raise _status_error(url, error, advise) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        found = f"no answer ({reason})"
        raise UnreachableError(url, found, ADVICE_AGAIN) from error


def open_stream(url: str, offset: int, **request: Any) -> HttpStream:
    """GET from an offset; raises SourceError. Without range support the stream starts at 0."""
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    answer = ask(url, headers=headers, **request)
    return HttpStream(url, answer, _start_of(answer) if offset else 0)


def content_length(url: str, **request: Any) -> int:
    """Content-Length of a HEAD request, in bytes; raises SourceError."""
    answer = ask(url, method="HEAD", **request)
    answer.close()
    length = answer.headers.get("Content-Length", "")
    if not length.isdigit():
        found = "the server does not say the file's size (no Content-Length)"
        raise SourceError(url, found, "serve plain files with a known length")
    return int(length)


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port, spelled the same way."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _secrets_of(request: urllib.request.Request) -> Mapping[str, str]:
    """What was added as a secret; urllib itself adds the host of each request there."""
    return {name: value for name, value in request.unredirected_hdrs.items() if name != "Host"}


def _start_of(answer: http.client.HTTPResponse) -> int:
    match = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
    if answer.status == _PARTIAL_CONTENT and match is not None:
        return int(match[1])
    return 0


def _status_error(url: str, error: urllib.error.HTTPError, advise: Advise) -> SourceError:
    status = error.code
    found = f"the server answers {status} {error.reason}"
    retry_after = error.headers.get("Retry-After", "")
    if status == http.client.SERVICE_UNAVAILABLE and retry_after.isdigit():
        return NotYetError(url, found, ADVICE_AGAIN, retry_after=int(retry_after))
    if status in _TRANSIENT_CLIENT_ERRORS or status >= http.client.INTERNAL_SERVER_ERROR:
        return TransientSourceError(url, found, ADVICE_AGAIN)
    return SourceError(url, found, advise(status, _body_of(error)))


def _body_of(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(_ERROR_BYTES)
    except (OSError, http.client.HTTPException):
        return b""
