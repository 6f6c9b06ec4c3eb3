# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model below a prefix of a bucket, on any server that speaks S3."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Callable
from urllib.parse import quote

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import Stream
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.signing import (
    EMPTY_SHA256,
    SigningKey,
    signed_headers,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.web import (
    ADVICE_REFUSED,
    content_length,
    open_stream,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    Credentials,
    s3_prefix,
)

_CODE = re.compile(rb"<Code>(\w+)</Code>")
_REGION = "give the region that the bucket is in"
# By the code of S3's error document.
_ADVICE: Mapping[str, str] = {
    "AccessDenied": "give an access key that may read these objects (s3:GetObject); without "
    "s3:ListBucket an object that is not there is denied too",
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "InvalidAccessKeyId": "give an access key that the server knows",
    "NoSuchBucket": "check the bucket's name and the endpoint",
    "NoSuchKey": "check the prefix and that SHA256SUMS and every file it names lie below it",
    "PermanentRedirect": "use the endpoint of the bucket's region",
    "RequestTimeTooSkewed": "set this host's clock: a signature is good for 15 minutes",
    "SignatureDoesNotMatch": "give the secret key of this access key, and the bucket's region",
}
# For a HEAD, whose answer has no document.
_STATUS_ADVICE: Mapping[int, str] = {
    403: _ADVICE["AccessDenied"],
    404: _ADVICE["NoSuchKey"],
}


class S3Adapter:
    """Reads objects by path-style requests, signed where there is an access key.

    A signature covers one request, so nothing of it is of use to a host that it is redirected to.
    """

    def __init__(
        self, source: str, credentials: Credentials, now: Callable[[], float] = time.time
    ) -> None:
        place = s3_prefix(source)
        self._directory = f"{place.endpoint}/{quote(place.bucket)}/{quote(place.prefix)}".rstrip(
            "/"
        )
        self._now = now
        self._key = SigningKey(credentials.access_key, credentials.secret_key, credentials.region)

    def url(self, name: str) -> str:
        """The object's URL."""
        return f"{self._directory}/{quote(name)}"

    def size(self, name: str) -> int:
        """Content-Length of a HEAD request, in bytes; raises SourceError."""
        secrets = self._signed("HEAD", name)
        return content_length(self.url(name), secrets=secrets, advise=_advise)

    def open(self, name: str, offset: int) -> Stream:
        """GET from an offset; raises SourceError. Without range support the stream starts at 0."""
        secrets = self._signed("GET", name)
        return open_stream(self.url(name), offset, secrets=secrets, advise=_advise)

    def _signed(self, method: str, name: str) -> Mapping[str, str]:
        if not self._key.access_key:
            return {}
        headers = {"X-Amz-Content-Sha256": EMPTY_SHA256}
        signed = signed_headers(self._key, method, self.url(name), headers, self._now())
        return {**headers, **signed}


def _advise(status: int, body: bytes) -> str:
    code = _CODE.search(body)
    plain = _STATUS_ADVICE.get(status, ADVICE_REFUSED)
    if code is None:
        return plain
    return _ADVICE.get(code[1].decode(), f"{plain} (S3's code is {code[1].decode()})")
