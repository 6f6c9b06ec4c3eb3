"""Runs that end before the model is whole, since a round is over."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    run,
    weights_of,
)


def test_a_share_of_the_files_is_landed_and_nothing_is_published(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    first = weights_of(run(tmp_path / "w", server.url, share_bytes=1))
    assert first["left_bytes"] == first["to_fetch_bytes"] - first["fetched_bytes"] > 0
    assert not first["verified"]
    assert os.listdir(tmp_path / "w" / ".staging") == [model.digest[:12]]
    assert not (tmp_path / "w" / "m").exists()
    rest = weights_of(run(tmp_path / "w", server.url))
    assert rest["verified"]
    assert rest["left_bytes"] == 0
    assert rest["fetched_bytes"] == first["left_bytes"]
    assert first["fetched_bytes"] == first["largest_bytes"]


def test_a_run_whose_time_is_over_leaves_the_rest(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    times = iter(range(10_000))
    clock = Clock(monotonic=lambda: float(next(times)), sleep=lambda _seconds: None)
    change = run(tmp_path / "w", server.url, clock=clock, run_seconds=3, parallel=1)
    weights = weights_of(change)
    assert weights["left_bytes"] > 0
    assert change.before == change.after
    assert change.actions[-1].endswith(f"({weights['left_bytes']} bytes)")
    assert change.actions[-1].startswith("leave ")
    assert weights_of(run(tmp_path / "w", server.url))["verified"]
    assert (tmp_path / "w" / "m" / SHARDS[0]).read_bytes() == (model.path / SHARDS[0]).read_bytes()


def test_a_share_that_holds_every_file_is_the_whole(tmp_path: Path, model: Model) -> None:
    assert weights_of(run(tmp_path / "w", model.url, share_bytes=10**12))["verified"]


def test_files_that_came_wrong_are_told_with_their_url(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    server.faults[SHARDS[0]] = [Fault("flip", 5000)]
    weights = weights_of(run(tmp_path / "w", server.url, retries=1))
    assert weights["mismatches"] == [{"file": SHARDS[0], "url": f"{server.url}/{SHARDS[0]}"}]
    assert weights["verified"]
    assert weights["digest"] == model.digest
