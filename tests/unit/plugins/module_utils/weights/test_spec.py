from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError

from tests.unit.plugins.module_utils.weights.bench import spec


def test_the_destination_is_normal() -> None:
    assert spec(Path("/a/./b"), "http://m/a").destination == "/a/b"


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        spec(Path("/a"), "ftp://m/a", name="a/b", parallel=0, timeout_seconds=0, retries=-1)
    assert caught.value.details["faults"] == [
        "name 'a/b': letters, digits, '.', '_' and '-' are needed, no '/' or '@'",
        "parallel 0: at least 1 is needed",
        "retries -1: at least 0 is needed",
        "source 'ftp://m/a': a URL with one of the schemes file, http, https, hf+http, "
        "hf+https, s3+http, s3+https is needed",
        "timeout_seconds 0: at least 1 is needed",
    ]


def test_a_removal_needs_no_source() -> None:
    assert spec(Path("/a"), "", state="absent").source == ""
