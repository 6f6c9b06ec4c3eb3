"""Sources that change between two runs, lists that are wrong, clocks that jump, full rollback."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    MismatchError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    flip,
    run,
    safetensors,
    tree,
    weights_of,
)
from tests.unit.plugins.module_utils.weights.scrubs import holds, rot

SHARD = SHARDS[0]
YEAR = 365 * 24 * 3600.0
NOBODY = "http://127.0.0.1:9/m"


def interrupted(server: WebServer, root: Path) -> None:
    """A run that ends after 70,000 bytes of the first shard."""
    server.faults[SHARD] = [Fault("die", 70_000)]
    with pytest.raises(WeightsError):
        run(root, server.url, retries=0, parallel=1)


def test_a_shard_that_is_replaced_with_its_list_is_another_version(
    server: WebServer, model: Model, root: Path
) -> None:
    interrupted(server, root)
    old = model.digest[:12]
    model.write(SHARD, safetensors("layer.0", 50_000, seed=1))
    weights = weights_of(run(root, server.url))
    assert (weights["resumed_bytes"], weights["fetched_bytes"]) == (0, model.size)
    assert weights["other_staging"] == [old]
    assert holds(root / model.version, model)


def test_a_shard_that_is_replaced_without_its_list_never_mixes_with_the_one_before(
    server: WebServer, model: Model, root: Path
) -> None:
    interrupted(server, root)
    right = (model.path / SHARD).read_bytes()
    (model.path / SHARD).write_bytes(safetensors("layer.0", 50_000, seed=1))
    with pytest.raises(MismatchError, match=f"file {SHARD} has SHA-256"):
        run(root, server.url, retries=1)
    assert not (root / "m").exists()
    assert not list(root.rglob(f"{SHARD}*"))
    (model.path / SHARD).write_bytes(right)
    run(root, server.url)
    assert holds(root / model.version, model)


def test_a_shard_that_is_replaced_after_the_model_landed_changes_nothing_on_the_node(
    server: WebServer, model: Model, root: Path
) -> None:
    run(root, server.url)
    before = tree(root)
    (model.path / SHARD).write_bytes(safetensors("layer.0", 50_000, seed=1))
    assert not run(root, server.url).changed
    assert tree(root) == before


def test_a_list_with_a_wrong_digest_publishes_nothing(
    server: WebServer, model: Model, root: Path
) -> None:
    text = (model.path / "SHA256SUMS").read_text()
    listed = next(line for line in text.splitlines() if line.endswith(SHARD)).split()[0]
    (model.path / "SHA256SUMS").write_text(text.replace(listed, "0" * 64))
    with pytest.raises(MismatchError, match=f"the list needs {'0' * 64}"):
        run(root, server.url, retries=1)
    assert not (root / "m").exists()
    assert [name for name in os.listdir(root) if "@" in name] == []


@pytest.mark.parametrize("damage", ["truncated", "longer"])
def test_a_shard_whose_length_changed_on_the_node_is_fetched_again(
    damage: str, server: WebServer, model: Model, root: Path
) -> None:
    run(root, server.url)
    victim = root / model.version / SHARD
    content = victim.read_bytes()
    victim.write_bytes({"truncated": content[:-1], "longer": content + b"\0"}[damage])
    server.requests.clear()
    assert run(root, server.url).actions[1:] == (f"repair {SHARD} in {model.version}",)
    assert holds(root / model.version, model)


def test_verify_finds_a_bit_that_rots_beneath_the_signature(
    model: Model, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, model.url)
    victim = root / model.version / SHARD
    real, rotten = os.lstat(victim), os.lstat
    flip(victim)
    with monkeypatch.context() as patch:
        # A disk that rots changes no time; here the kernel's answer from before is given instead.
        patch.setattr(
            os, "lstat", lambda p, **named: real if p == str(victim) else rotten(p, **named)
        )
        assert not run(root, model.url).changed
        planned = run(root, model.url, verify=True, check=True)
        assert planned.actions[1:] == (f"repair {SHARD} in {model.version}",)
    run(root, model.url, verify=True)
    assert holds(root / model.version, model)
    assert not run(root, model.url, verify=True).changed


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_file_that_changed_is_read_again_whatever_its_times_say(
    jump: float, model: Model, root: Path
) -> None:
    run(root, model.url)
    victim = root / model.version / SHARD
    # As if the clock had been set so that the time of the change is the one on record.
    rot(victim)
    clock = Clock(now=lambda: 1_767_268_800 + jump)
    assert run(root, model.url, clock=clock).actions[1:] == (f"repair {SHARD} in {model.version}",)
    assert holds(root / model.version, model)
    assert not run(root, model.url).changed


def test_a_clock_that_jumps_while_files_land_ends_nothing(
    server: WebServer, model: Model, root: Path
) -> None:
    jumps = itertools.cycle([0.0, YEAR, 10 * YEAR, 1.0])
    clock = Clock(now=lambda: next(jumps), sleep=lambda _seconds: None)
    server.faults[SHARD] = [Fault("die", 70_000)]
    run(root, server.url, timeout_seconds=5, clock=clock)
    assert holds(root / model.version, model)
    assert not run(root, server.url, clock=clock).changed


def test_a_record_of_the_future_or_the_past_counts_for_what_it_says_of_files(
    model: Model, root: Path
) -> None:
    run(root, model.url, clock=Clock(now=lambda: 50 * YEAR))
    path = root / model.version / ".verified.json"
    assert json.loads(path.read_text())["verified_at"].startswith("2019")
    assert not run(root, model.url, clock=Clock(now=lambda: 1.0)).changed
    flip(root / model.version / SHARD)
    run(root, model.url, clock=Clock(now=lambda: 1.0))
    assert holds(root / model.version, model)


def test_a_rollback_needs_no_source_and_reads_no_file(
    model: Model, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, model.url)
    old, digest = model.version, model.digest
    content = tree(root / old)
    model.write("config.json", b"{}")
    run(root, model.url)
    newer = model.version
    opened: list[str] = []
    real_open = open

    def watched(path: str, *values: object, **named: object) -> object:
        opened.append(os.path.basename(str(path)))
        return real_open(path, *values, **named)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", watched)
    change = run(root, NOBODY, digest=digest)
    monkeypatch.undo()
    assert change.actions == (f"link m to {old}",)
    assert (change.before["link"], change.after["link"]) == (newer, old)
    assert set(opened) == {"SHA256SUMS", ".verified.json"}
    assert os.readlink(root / "m") == old
    assert tree(root / old) == content
    assert weights_of(change)["other_versions"] == [newer]


def test_a_rollback_to_a_version_that_is_not_whole_leaves_the_link(
    model: Model, root: Path
) -> None:
    run(root, model.url)
    old, digest = model.version, model.digest
    model.write("config.json", b"{}")
    run(root, model.url)
    (root / old / SHARD).unlink()
    with pytest.raises(WeightsError, match=f"{NOBODY}"):
        run(root, NOBODY, digest=digest, retries=0)
    assert os.readlink(root / "m") == model.version
