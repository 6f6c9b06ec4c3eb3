"""Signatures against the vectors that AWS publishes."""

from __future__ import annotations

import calendar

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.signing import (
    EMPTY_SHA256,
    SigningKey,
    signed_headers,
)


def at(date: str) -> float:
    year, month, day, hour, minute = (int(part) for part in date.split("-"))
    return calendar.timegm((year, month, day, hour, minute, 0))


# The test suite for Signature Version 4 ("aws-sig-v4-test-suite"), its key and its time.
SUITE = SigningKey(
    "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"
)
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("path", "headers", "names", "signature"),
    [
        (
            "/",
            {},
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            f"/{UNRESERVED}",
            {},
            "host;x-amz-date",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        (
            "/%E1%88%B4",
            {},
            "host;x-amz-date",
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        ),
        (
            "/",
            {"My-Header1": " value1", "My-Header2": ' "a   b   c"'},
            "host;my-header1;my-header2;x-amz-date",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
    ],
    ids=["get-vanilla", "get-unreserved", "get-utf8", "get-header-value-trim"],
)
def test_a_vector_of_the_suite(
    path: str, headers: dict[str, str], names: str, signature: str
) -> None:
    url = f"https://example.amazonaws.com{path}"
    found = signed_headers(SUITE, "GET", url, headers, at("2015-08-30-12-36"))
    assert found == {
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": "AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}",
    }


def test_the_example_of_an_object_in_the_documentation_of_s3() -> None:
    """Amazon S3 API reference, "Signature Calculations for the Authorization Header"."""
    key = SigningKey(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
    )
    headers = {"Range": "bytes=0-9", "x-amz-content-sha256": EMPTY_SHA256}
    url = "https://examplebucket.s3.amazonaws.com/test.txt"
    found = signed_headers(key, "GET", url, headers, at("2013-05-24-00-00"))
    assert found["Authorization"].endswith(
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_a_key_does_not_show_its_secret() -> None:
    assert SUITE.secret_key not in repr(SUITE)
