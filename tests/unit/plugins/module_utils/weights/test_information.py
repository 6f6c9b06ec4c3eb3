from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.information import (
    describe_models,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import VERSION

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    flip,
    run,
    tree,
)

NOON = Clock(now=lambda: 1_767_268_800.9)


def describe(root: Path, name: str = "m", *, verify: bool = False) -> dict[str, Any]:
    (found,) = describe_models(str(root), name, verify=verify)
    return found


def test_a_published_model_is_complete_and_verified(model: Model, root: Path) -> None:
    run(root, model.url, clock=NOON, run="ops")
    before = tree(root)
    assert describe(root) == {
        "name": "m",
        "link": str(root / "m"),
        "path": str(root / model.version),
        "digest": model.digest,
        "complete": True,
        "verified": True,
        "verified_at": "2026-01-01T12:00:00+00:00",
        "verified_by": {
            "program": "model_weights",
            "version": VERSION,
            "host": platform.node(),
            "run": "ops",
        },
        "files": 5,
        "bytes": model.size,
        "missing": [],
        "unverified": [],
        "mismatching": [],
        "scrub": {
            "position": 0,
            "started_at": "",
            "finished_at": "",
            "succeeded_at": "",
            "by": {"program": "", "version": "", "host": "", "run": ""},
            "read_bytes": 0,
            "found": 0,
            "repaired": 0,
            "wrong": [],
            "events": [],
        },
        "versions": [model.version],
        "other_versions": [],
        "staging": [],
    }
    assert tree(root) == before


@pytest.mark.parametrize("exists", [False, True])
def test_a_model_that_is_not_there_is_described_with_the_same_keys(
    exists: bool, model: Model, root: Path
) -> None:
    if exists:
        run(root, model.url, name="other")
    absent = describe(root)
    assert (absent["complete"], absent["verified"], absent["path"], absent["digest"]) == (
        *(False, False),
        *("", ""),
    )
    run(root, model.url)
    there = describe(root)
    assert {k: type(v) for k, v in absent.items()} == {k: type(v) for k, v in there.items()}


def test_without_a_name_every_model_is_described_in_order(model: Model, root: Path) -> None:
    assert describe_models(str(root), "", verify=False) == []
    for name in ("z", "a"):
        run(root, model.url, name=name)
    assert [found["name"] for found in describe_models(str(root), "", verify=False)] == ["a", "z"]


def test_an_older_version_is_told_with_what_a_rollback_needs(model: Model, root: Path) -> None:
    run(root, model.url)
    old: dict[str, Any] = {
        "path": str(root / model.version),
        "digest": model.digest,
        "bytes": model.size,
    }
    model.write("config.json", b"{}")
    run(root, model.url)
    assert describe(root)["other_versions"] == [{**old, "complete": True, "verified": True}]
    (Path(old["path"]) / SHARDS[0]).unlink()
    (found,) = describe(root)["other_versions"]
    assert (found["complete"], found["verified"]) == (False, False)


def test_a_missing_file_makes_it_incomplete(model: Model, root: Path) -> None:
    run(root, model.url)
    (root / model.version / SHARDS[0]).unlink()
    found = describe(root)
    assert (found["complete"], found["verified"], found["missing"]) == (False, False, [SHARDS[0]])


def test_a_changed_file_makes_it_unverified_without_reading(model: Model, root: Path) -> None:
    run(root, model.url)
    os.utime(root / model.version / SHARDS[0])
    found = describe(root)
    assert (found["complete"], found["verified"]) == (True, False)
    assert (found["unverified"], found["mismatching"]) == ([SHARDS[0]], [])
    assert describe(root, verify=True)["verified"]


def test_only_verify_finds_a_bit_that_rots_beneath_the_signature(
    model: Model, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, model.url)
    victim = root / model.version / SHARDS[0]
    real = os.lstat(victim)
    flip(victim)
    rotten = os.lstat
    # A disk that rots changes no time; here the kernel's answer from before is given instead.
    monkeypatch.setattr(
        os, "lstat", lambda path, **named: real if path == str(victim) else rotten(path, **named)
    )
    assert describe(root)["verified"]
    found = describe(root, verify=True)
    assert (found["verified"], found["mismatching"]) == (False, [SHARDS[0]])


@pytest.mark.parametrize("name", ["SHA256SUMS", ".verified.json"])
def test_a_lost_list_or_record_makes_it_unverified(name: str, model: Model, root: Path) -> None:
    run(root, model.url)
    (root / model.version / name).unlink()
    assert not describe(root)["verified"]


def test_a_list_that_is_not_the_directorys_own_counts_for_nothing(model: Model, root: Path) -> None:
    run(root, model.url)
    with (root / model.version / "SHA256SUMS").open("a") as file:
        file.write(f"{'a' * 64}  more\n")
    found = describe(root)
    assert (found["digest"], found["complete"], found["verified"]) == ("", False, False)


def test_what_began_to_land_is_told(server: WebServer, model: Model, root: Path) -> None:
    server.faults[SHARDS[0]] = [Fault("die", 100)]
    with pytest.raises(Exception, match="ended"):
        run(root, server.url, retries=0)
    found = describe(root)
    assert (found["complete"], found["staging"]) == (False, [model.digest[:12]])
