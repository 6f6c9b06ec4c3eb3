# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS Signature Version 4 of a request without a body, as S3-compatible servers want it.

Of one GET or HEAD without a query, which is all that a source is asked. Rules: "AWS API request
signatures", Create a signed AWS API request, in AWS's IAM user guide. Pure functions over values.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class SigningKey:
    """An access key with its secret, and what its signatures are good for."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    service: str = "s3"

    def scope(self, day: str) -> str:
        """What a signature of a day (YYYYMMDD) is good for."""
        return f"{day}/{self.region}/{self.service}/aws4_request"

    def sign(self, day: str, text: str) -> str:
        """The signature (hex) of a text with the key of a day."""
        key = f"AWS4{self.secret_key}".encode()
        for part in self.scope(day).split("/"):
            key = _hmac(key, part)
        return _hmac(key, text).hex()


def signed_headers(
    key: SigningKey, method: str, url: str, headers: Mapping[str, str], at: float
) -> dict[str, str]:
    """The headers ``X-Amz-Date`` and ``Authorization`` of a request at a time (seconds since 1970).

    ``url`` has a quoted path and no query; the Host header and every one of ``headers`` are signed.
    """
    parts = urlsplit(url)
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed.update({"host": parts.netloc, "x-amz-date": date})
    names = ";".join(sorted(signed))
    lines = [f"{name}:{signed[name]}" for name in sorted(signed)]
    payload = signed.get("x-amz-content-sha256", EMPTY_SHA256)
    request = "\n".join([method, parts.path or "/", "", *lines, "", names, payload])
    day = date[:8]
    text = "\n".join(
        [_ALGORITHM, date, key.scope(day), hashlib.sha256(request.encode()).hexdigest()]
    )
    authorization = (
        f"{_ALGORITHM} Credential={key.access_key}/{key.scope(day)}, "
        f"SignedHeaders={names}, Signature={key.sign(day, text)}"
    )
    return {"X-Amz-Date": date, "Authorization": authorization}


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
