"""Where a model comes from: URLs of sources and the credentials that go with them."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    Credentials,
    moving_revision,
    source_faults,
)

SECRET = "hf_" + "5eed" * 8
COMMIT = "0123456789abcdef" * 2 + "01234567"


def faults(source: str, token: str = "") -> list[str]:
    return [fault.line("source") for fault in source_faults(source, Credentials(token=token))]


@pytest.mark.parametrize(
    "source", [f"hf+https://h/org/m@{COMMIT}", "hf+http://h:1/api/org/m.2@refs/pr/1"]
)
def test_a_hub_has_a_repository_and_a_revision(source: str) -> None:
    assert faults(source, SECRET) == []


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


@pytest.mark.parametrize(
    ("source", "token", "fault"),
    [
        (
            "https://m/a",
            "t",
            "source_token is set: only a source of hf+http:// or hf+https:// takes",
        ),
        (
            "hf+https://h/o/m@1",
            "a\nb",
            "source_token is set: a token without white space is needed",
        ),
    ],
)
def test_a_token_is_for_a_hub(source: str, token: str, fault: str) -> None:
    (found,) = faults(source, token)
    assert found.startswith(fault)


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
