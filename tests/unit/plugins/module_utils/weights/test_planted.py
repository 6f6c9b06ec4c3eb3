"""Links that somebody put where a model lands: nothing outside the weights root is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError

from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model, run, tree
from tests.unit.plugins.module_utils.weights.scrubs import holds

SHARD = SHARDS[0]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory with a file that a run must not touch."""
    path = tmp_path / "outside"
    path.mkdir()
    (path / "precious").write_bytes(b"precious")
    return path


@pytest.fixture
def staging(root: Path, model: Model) -> Path:
    path = root / ".staging" / model.digest[:12]
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize("name", [f"{SHARD}.part", SHARD, ".verified.json", ".verified.json.part"])
def test_a_link_in_a_files_place_gives_way(
    name: str, model: Model, root: Path, staging: Path, outside: Path
) -> None:
    (staging / name).symlink_to(outside / "precious")
    before = tree(outside)
    run(root, model.url)
    assert tree(outside) == before
    assert holds(root / model.version, model)
    links = [path for path in root.rglob("*") if path.is_symlink()]
    assert links == [root / "m"]


@pytest.mark.parametrize("place", ["extra in staging", "staging", ".staging", "version", "extra"])
def test_a_link_in_a_directorys_place_is_refused_and_nothing_is_written_through_it(
    place: str, model: Model, root: Path, outside: Path
) -> None:
    links = {
        "extra in staging": root / ".staging" / model.digest[:12] / "extra",
        "staging": root / ".staging" / model.digest[:12],
        ".staging": root / ".staging",
        "version": root / model.version,
        "extra": root / model.version / "extra",
    }
    link = links[place]
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    before = tree(root.parent.parent)
    with pytest.raises(WeightsError) as caught:
        run(root, model.url)
    assert str(caught.value) == (
        f"{link}: a link where a directory of this model is needed; see who put it there, remove "
        "it and run again"
    )
    after = tree(root.parent.parent)
    after.pop("var/models/.lock", None)
    assert after == before


def test_the_root_itself_may_be_a_link(model: Model, root: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    root.parent.mkdir()
    root.symlink_to(tmp_path / "disk")
    run(root, model.url)
    assert holds(tmp_path / "disk" / model.version, model)


def test_a_lock_that_is_a_link_is_refused(model: Model, root: Path, outside: Path) -> None:
    root.mkdir(parents=True)
    (root / ".lock").symlink_to(outside / "made")
    with pytest.raises(WeightsError, match=r"\.lock: Too many levels of symbolic links"):
        run(root, model.url)
    assert not (outside / "made").exists()
