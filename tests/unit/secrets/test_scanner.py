"""The scanner finds a secret in each form in which it leaks, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from tests.secrets.scanner import Hit, find_secrets, missed_when_planted

TOKEN = ".".join(["abcdef", "0123456789abcdef"])
KEY = """\
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
-----END PRIVATE KEY-----
"""
SECRETS = {"token": TOKEN, "key": KEY}


def scan(directory: Path, text: str) -> list[tuple[int, str, str]]:
    (directory / "log").write_text(text)
    return [(hit.line, hit.secret, hit.form) for hit in find_secrets([directory], SECRETS)]


def test_a_log_without_secrets_has_no_hits(tmp_path: Path) -> None:
    assert scan(tmp_path, "kubeadm join --token <redacted>\nabcdef.0123\n") == []


@pytest.mark.parametrize("padding", ["", "x", "xx", "xxx"])
def test_base64_is_found_at_each_alignment(tmp_path: Path, padding: str) -> None:
    encoded = base64.b64encode(f"{padding}{TOKEN}{padding}".encode()).decode()
    assert scan(tmp_path, f"one\ntwo\ndata: {encoded}\n") == [(3, "token", "base64")]


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        json.dumps({"stdout": KEY}),
        yaml.safe_dump({"a": {"key": KEY}}, default_style="|"),
        base64.b64encode(KEY.encode()).decode(),
        f"key={quote(KEY)}",
    ],
    ids=["as it is", "JSON", "YAML", "base64", "percent encoding"],
)
def test_a_key_is_found_in_each_form(tmp_path: Path, text: str) -> None:
    assert {name for _, name, _ in scan(tmp_path, text)} == {"key"}


def test_a_header_alone_is_not_the_key(tmp_path: Path) -> None:
    assert scan(tmp_path, "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n") == []


def test_a_line_of_a_secret_is_told_once(tmp_path: Path) -> None:
    assert scan(tmp_path, f"{TOKEN} {TOKEN}\n{TOKEN}\n") == [
        (1, "token", "plain"),
        (2, "token", "plain"),
    ]


def test_binary_files_and_files_deep_below_are_read(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "journal").write_bytes(b"\x00\xff" + TOKEN.encode() + b"\x00")
    assert [hit.path for hit in find_secrets([tmp_path], SECRETS)] == [deep / "journal"]


@pytest.mark.parametrize(("mode", "for_others"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_hit_says_whether_others_may_read_the_file(
    tmp_path: Path, mode: int, for_others: bool
) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(TOKEN)
    file.chmod(mode)
    assert [hit.for_others for hit in find_secrets([file], SECRETS)] == [for_others]


def test_a_hit_never_tells_the_value() -> None:
    hit = Hit(Path("log"), 3, "token", "plain", stat.S_IRUSR)
    assert str(hit) == "log:3: token (plain, mode 0400)"


def test_links_and_pipes_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(TOKEN)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "log").write_text("clean")
    (inside / "link").symlink_to(outside)
    os.mkfifo(inside / "pipe")
    assert find_secrets([inside], SECRETS) == ()


def test_a_scan_that_could_prove_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 files and 2 secrets"):
        find_secrets([tmp_path], SECRETS)
    (tmp_path / "log").write_text("")
    with pytest.raises(ValueError, match="1 files and 0 secrets"):
        find_secrets([tmp_path], {})
    with pytest.raises(ValueError, match="token: has no line of 12 characters"):
        find_secrets([tmp_path], {"token": "short"})
    with pytest.raises(FileNotFoundError):
        find_secrets([tmp_path / "absent"], SECRETS)


def test_planted_secrets_are_found_and_removed(tmp_path: Path) -> None:
    assert missed_when_planted(tmp_path, SECRETS) == []
    assert list(tmp_path.iterdir()) == []
