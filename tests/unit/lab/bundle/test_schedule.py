"""Parts are built after what they need, and every failure is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.bundle.builder import BuildError, Recipe, Work
from lab.bundle.catalogue import Catalogue
from lab.bundle.schedule import build_all, by_depth
from lab.bundle.store import Store

NEEDS = {"source": (), "root": (), "deb": ("source",), "image": ("source", "root")}


def test_parts_that_wait_for_nothing_come_first() -> None:
    order = by_depth(["source", "deb", "root", "image"], lambda name: NEEDS[name])
    assert order == ["source", "root", "deb", "image"]


def make_store(root: Path, broken: tuple[str, ...], seen: list[str]) -> Store:
    def build(work: Work) -> None:
        seen.append(work.name)
        if work.name in broken:
            raise BuildError(f"{work.name} is broken")

    root.mkdir(exist_ok=True)
    parts = {name: {"kind": "deb", "version": "1"} for name in NEEDS}
    recipes = {name: Recipe(build, needs=needs) for name, needs in NEEDS.items()}
    return Store(root, Catalogue(parts, {}), recipes)


def test_every_part_is_built_once_and_after_its_needs(tmp_path: Path) -> None:
    seen: list[str] = []
    store = make_store(tmp_path / "bundle", (), seen)
    build_all(store, ["deb", "image"], lambda _work: None)
    assert sorted(seen) == ["deb", "image", "root", "source"]
    assert seen.index("image") > max(seen.index("source"), seen.index("root"))
    assert store.missing(NEEDS) == []


def test_all_failures_are_reported_and_the_rest_is_kept(tmp_path: Path) -> None:
    seen: list[str] = []
    store = make_store(tmp_path / "bundle", ("root", "deb"), seen)
    with pytest.raises(BuildError) as caught:
        build_all(store, ["deb", "image"], lambda _work: None)
    assert str(caught.value) == "part root: root is broken\npart deb: deb is broken"
    assert store.missing(NEEDS) == ["root", "deb", "image"]


def test_second_run_builds_only_what_failed(tmp_path: Path) -> None:
    seen: list[str] = []
    broken = make_store(tmp_path / "bundle", ("deb",), seen)
    with pytest.raises(BuildError):
        build_all(broken, ["deb"], lambda _work: None)
    seen.clear()
    build_all(make_store(tmp_path / "bundle", (), seen), ["deb"], lambda _work: None)
    assert seen == ["deb"]
