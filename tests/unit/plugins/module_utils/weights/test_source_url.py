"""Where a model comes from: URLs of sources and the credentials that go with them."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    Credentials,
    FilePlace,
    file_place,
    moving_revision,
    source_faults,
)

SECRET = "hf_" + "5eed" * 8
COMMIT = "0123456789abcdef" * 2 + "01234567"


def faults(source: str, **credentials: str) -> list[str]:
    return [fault.line("source") for fault in source_faults(source, Credentials(**credentials))]


@pytest.mark.parametrize(
    "source", [f"hf+https://h/org/m@{COMMIT}", "hf+http://h:1/api/org/m.2@refs/pr/1"]
)
def test_a_hub_has_a_repository_and_a_revision(source: str) -> None:
    assert faults(source, token=SECRET) == []


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("hf+https://h/org/m", "the revision is missing; hf+https://HOST/ORG/NAME@REVISION"),
        ("hf+https://h/org/m@", "the revision is missing; hf+https://HOST/ORG/NAME@REVISION"),
        ("hf+https://h/m@main", "the URL names no repository; hf+https://HOST/ORG/NAME@REVISION"),
        ("hf+https://h/or g/m@main", "the URL names no repository"),
        ("hf+https:///org/m@main", "the URL names no host"),
        ("hf+https://me:se/cret@h/org/m@main", "the URL names no repository"),
        ("hf+https://me:secret@h/org/m@main", "the URL holds credentials"),
        ("hf+https://me:secret@h/org/m", "the URL holds credentials"),
        ("hf+https://h/org/m@main?token=secret", "has no query"),
    ],
)
def test_what_a_hubs_url_lacks_is_told_without_its_secrets(source: str, needed: str) -> None:
    found = faults(source)
    assert any(needed in fault for fault in found), found
    assert "cret" not in " ".join(found).replace("credentials", "")


@pytest.mark.parametrize("source", ["s3+https://h:9000/models/a/b", "s3+http://h/models"])
def test_a_bucket_may_be_read_with_and_without_keys(source: str) -> None:
    assert faults(source) == []
    assert faults(source, access_key="AKIA", secret_key=SECRET, region="eu-central-1") == []


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("s3+https://h", "the bucket is missing; s3+https://ENDPOINT/BUCKET/PREFIX is needed"),
        ("s3+https://h/", "the bucket is missing"),
        ("s3+https://h/a bucket/m", "'a bucket' is no name of a bucket"),
        ("s3+https:///models/m", "the URL names no host"),
        ("s3+https://h:port/models/m", "the URL's port is no number"),
        ("s3+https://AKIA:secret@h/models/m", "the URL holds credentials"),
        ("s3://models/m", "a URL with one of the schemes file, http, https, hf+http"),
    ],
)
def test_what_a_buckets_url_lacks_is_told_without_its_secrets(source: str, needed: str) -> None:
    found = faults(source)
    assert any(needed in fault for fault in found), found
    assert "secret" not in " ".join(found)


def test_a_web_server_may_want_a_token() -> None:
    assert faults("https://m/a", token=SECRET) == []


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("file://node1/data/r%201/", FilePlace("node1", "/data/r 1")),
        ("file:///data/r1", FilePlace("", "/data/r1")),
        ("http://node1/data", None),
    ],
)
def test_a_directory_is_of_one_host_or_of_whoever_is_asked(
    source: str, place: FilePlace | None
) -> None:
    assert file_place(source) == place


def test_a_host_reads_its_own_directory() -> None:
    assert FilePlace("node1", "/data/r 1").url == "file:///data/r%201"


HUB, S3 = "hf+https://h/o/m@1", "s3+https://h/models/m"


@pytest.mark.parametrize(
    ("source", "credentials", "fault"),
    [
        (
            "file:///m/a",
            {"token": SECRET},
            "_token is set: only a source of hf+http:// or hf+https:// or http:// or https://",
        ),
        (S3, {"token": SECRET}, "_token is set: only a source of hf+http:// or hf+https://"),
        (HUB, {"token": "a\nb"}, "_token is set: it holds white space"),
        (S3, {"access_key": "AKIA"}, "_secret_key is empty: an access key and its secret key"),
        (S3, {"secret_key": SECRET}, "_access_key is empty: an access key and its secret key"),
        (S3, {"region": "EU West"}, "_region 'EU West': lower-case letters"),
    ],
)
def test_credentials_have_to_fit_the_source(
    source: str, credentials: dict[str, str], fault: str
) -> None:
    (found,) = faults(source, **credentials)
    assert found.startswith(f"source{fault}")
    assert SECRET not in found


def test_every_fault_of_a_source_is_told() -> None:
    found = faults("ftp://m/a?x", token=SECRET, access_key="AKIA")
    assert [fault.split()[0] for fault in found] == [
        *("source", "source", "source_token", "source_access_key", "source_secret_key"),
    ]


@pytest.mark.parametrize(
    ("values", "given"),
    [({}, False), ({"region": "eu"}, False), ({"token": "t"}, True), ({"access_key": "a"}, True)],
)
def test_a_region_is_no_secret(values: dict[str, str], given: bool) -> None:
    assert Credentials(**values).given is given


def test_credentials_do_not_show_their_secrets() -> None:
    assert SECRET not in repr(Credentials(SECRET))


@pytest.mark.parametrize(
    ("source", "revision"),
    [
        (f"hf+https://h/org/m@{COMMIT}", ""),
        ("hf+https://h/org/m@main", "main"),
        ("hf+https://h/org/m@refs/pr/1", "refs/pr/1"),
        (f"hf+https://h/org/m@{COMMIT[:-1]}", COMMIT[:-1]),
        ("https://h/org/m", ""),
    ],
)
def test_what_is_no_commit_may_move(source: str, revision: str) -> None:
    assert moving_revision(source) == revision
