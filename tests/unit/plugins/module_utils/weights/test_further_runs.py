"""What a further run does to a model that is there: repair, new version, old version."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.unit.plugins.module_utils.weights.bench import (
    INDEX,
    SHARDS,
    Model,
    WebServer,
    flip,
    run,
    tree,
    weights_of,
)


@pytest.mark.parametrize("missing", [False, True])
def test_only_the_wrong_file_is_repaired(
    missing: bool, server: WebServer, model: Model, root: Path
) -> None:
    run(root, server.url)
    victim = root / model.version / SHARDS[0]
    if missing:
        victim.unlink()
    else:
        flip(victim)
    before = tree(root / model.version)
    server.requests.clear()
    size = (model.path / SHARDS[0]).stat().st_size
    planned = run(root, server.url, check=True)
    assert tree(root / model.version) == before
    change = run(root, server.url)
    assert (
        planned.actions
        == change.actions
        == (
            f"fetch 1 files ({size} bytes) from {server.url}",
            f"repair {SHARDS[0]} in {model.version}",
        )
    )
    assert change.before["files"] == {SHARDS[0]: "missing" if missing else "mismatching"}
    assert victim.read_bytes() == (model.path / SHARDS[0]).read_bytes()
    bodies = {name for name, _ in server.asked("GET")}
    assert bodies == {"SHA256SUMS", INDEX, SHARDS[0]}
    changed = {
        name for name, value in tree(root / model.version).items() if value != before.get(name)
    }
    assert changed == {SHARDS[0], ".verified.json"}
    assert os.listdir(root / ".staging") == []
    assert not run(root, server.url).changed


def test_a_touched_file_is_read_again_and_kept(server: WebServer, model: Model, root: Path) -> None:
    run(root, server.url)
    os.utime(root / model.version / SHARDS[0])
    server.requests.clear()
    assert not run(root, server.url).changed
    assert server.requests == [("GET", "SHA256SUMS", "")]
    record = json.loads((root / model.version / ".verified.json").read_text())
    stat = (root / model.version / SHARDS[0]).stat()
    assert record["files"][SHARDS[0]]["mtime_ns"] == stat.st_mtime_ns


def test_a_lost_record_costs_reading_and_no_transfer(
    server: WebServer, model: Model, root: Path
) -> None:
    run(root, server.url)
    (root / model.version / ".verified.json").write_text("{")
    server.requests.clear()
    assert not run(root, server.url).changed
    assert server.requests == [("GET", "SHA256SUMS", "")]
    assert json.loads((root / model.version / ".verified.json").read_text())["name"] == "m"


def test_a_lost_list_is_written_again(model: Model, root: Path) -> None:
    run(root, model.url)
    (root / model.version / "SHA256SUMS").unlink()
    change = run(root, model.url, digest=model.digest)
    assert change.actions == (f"repair the list in {model.version}",)
    assert not run(root, model.url, digest=model.digest).changed


def test_a_link_in_place_of_a_file_is_replaced(model: Model, root: Path, tmp_path: Path) -> None:
    run(root, model.url)
    outside = tmp_path / "outside"
    outside.write_bytes((model.path / "config.json").read_bytes())
    victim = root / model.version / "config.json"
    victim.unlink()
    victim.symlink_to(outside)
    assert run(root, model.url).actions[1] == f"repair config.json in {model.version}"
    assert not victim.is_symlink()
    assert outside.exists()


def test_a_new_version_lands_beside_the_old_one_and_takes_the_link(
    model: Model, root: Path
) -> None:
    run(root, model.url)
    old = model.version
    old_files = tree(root / old)
    model.write("config.json", b'{"model_type": "newer"}')
    change = run(root, model.url)
    assert change.actions[1:] == (f"publish {model.version}", f"link m to {model.version}")
    assert change.before["link"] == old
    assert change.before["versions"] == [old]
    assert weights_of(change)["other_versions"] == [old]
    assert os.readlink(root / "m") == model.version
    assert tree(root / old) == old_files


def test_a_pin_to_an_older_version_that_is_kept_only_moves_the_link(
    model: Model, root: Path
) -> None:
    run(root, model.url)
    old, digest = model.version, model.digest
    model.write("config.json", b"{}")
    run(root, model.url)
    change = run(root, model.url, digest=digest)
    assert change.actions == (f"link m to {old}",)
    assert weights_of(change)["fetched_bytes"] == 0
