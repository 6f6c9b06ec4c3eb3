from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Record,
    Signature,
    VerifiedFile,
    dump_record,
    parse_record,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import Verifier
from hypothesis import given
from hypothesis import strategies as st

RECORD = Record(
    "m",
    "d" * 64,
    "2026-01-02T03:04:05+00:00",
    {"config.json": VerifiedFile("a" * 64, Signature(5, 6, 7, 8, 9))},
    Verifier("model_weights", "1.2.3", "node1", "ops"),
)
FILE = {
    "sha256": "a" * 64,
    "size": 5,
    "mtime_ns": 6,
    "ctime_ns": 7,
    "inode": 8,
    "device": 9,
}
OLD = {
    "schema": 1,
    "name": "m",
    "digest": "d" * 64,
    "verified_at": "2026-01-02T03:04:05+00:00",
    "files": {"config.json": FILE},
}
BY = {"program": "model_weights", "version": "1.2.3", "host": "node1", "run": "ops"}
TEXT = {
    "schema": 2,
    "name": "m",
    "digest": "d" * 64,
    "verified_at": "2026-01-02T03:04:05+00:00",
    "verified_by": BY,
    "files": {"config.json": FILE},
}


def dumped(record: Record) -> bytes:
    return b"".join(dump_record(record))


def test_a_record_is_written_in_its_schema_and_read_back() -> None:
    assert json.loads(dumped(RECORD)) == TEXT
    assert parse_record(dumped(RECORD)) == RECORD


def test_a_record_from_before_it_said_by_whom_is_read() -> None:
    assert parse_record(json.dumps(OLD).encode()) == replace(RECORD, verified_by=Verifier())


def test_the_same_record_gives_the_same_bytes() -> None:
    files = {name: VerifiedFile("a" * 64, Signature(1, 2, 3, 4, 5)) for name in "ab"}
    backwards = {name: files[name] for name in "ba"}
    assert dumped(Record("m", "d", "t", files)) == dumped(Record("m", "d", "t", backwards))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        json.dumps({**TEXT, "schema": 3}).encode(),
        json.dumps({**OLD, "schema": 2}).encode(),
        json.dumps({**TEXT, "verified_by": "ops"}).encode(),
        json.dumps({**TEXT, "files": []}).encode(),
        json.dumps({**TEXT, "files": {"a": {"sha256": "x", "size": "5"}}}).encode(),
        json.dumps({**TEXT, "files": {"a": {**FILE, "size": "5"}}}).encode(),
        dumped(RECORD)[:-20],
    ],
)
def test_anything_else_is_no_record(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the text differs with the JSON parser's
        parse_record(text)


@given(st.binary(max_size=60))
def test_no_bytes_give_anything_but_a_record_or_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_record(text)


def test_a_signature_holds_what_stat_says(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    os.utime(path, ns=(1, 2))
    stat = path.stat()
    assert Signature.of(stat) == Signature(5, 2, stat.st_ctime_ns, stat.st_ino, stat.st_dev)
