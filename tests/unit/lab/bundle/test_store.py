"""A part's key covers what it is made from; a failed or killed build leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.bundle.builder import BuildError, Recipe, Work
from lab.bundle.catalogue import Catalogue
from lab.bundle.store import Store

PARTS = {
    "kubernetes": {"kind": "source", "version": "1.98.7"},
    "kubeadm": {"kind": "deb", "version": "1.98.7-1.1", "source": "kubernetes"},
}


def write(work: Work) -> None:
    (work.output / "program").write_text(work.name)


def fail(work: Work) -> None:
    (work.output / "half").write_text("")
    raise BuildError("no compiler")


def nothing(_work: Work) -> None:
    pass


@pytest.fixture
def store(tmp_path: Path) -> Callable[..., Store]:
    (tmp_path / "recipe").write_text("1")

    def make(
        *,
        build: Callable[[Work], None] = write,
        parts: dict[str, dict[str, str]] = PARTS,
        inputs: tuple[str, ...] = (),
    ) -> Store:
        recipes = {
            "kubernetes": Recipe(build, sources=(tmp_path / "recipe",), inputs=inputs),
            "kubeadm": Recipe(build, needs=("kubernetes",)),
        }
        (tmp_path / "bundle").mkdir(exist_ok=True)
        return Store(tmp_path / "bundle", Catalogue(parts, {}), recipes)

    return make


def test_built_part_is_found_again(store: Callable[..., Store]) -> None:
    built = store().build("kubernetes", nothing)
    assert store().find("kubernetes") == built
    assert (built.directory / "program").read_text() == "kubernetes"


def test_failed_build_leaves_nothing(store: Callable[..., Store]) -> None:
    with pytest.raises(BuildError, match="no compiler"):
        store(build=fail).build("kubernetes", nothing)
    assert store().find("kubernetes") is None
    assert list((store().root / "parts/kubernetes").iterdir()) == []


def test_part_whose_finish_failed_is_not_found(store: Callable[..., Store]) -> None:
    with pytest.raises(BuildError):
        store().build("kubernetes", fail)
    assert store().find("kubernetes") is None


def test_what_a_killed_build_left_is_removed(store: Callable[..., Store]) -> None:
    left = store().root / "parts/kubernetes/.1234-1/output"
    left.mkdir(parents=True)
    store().remove_unfinished()
    assert list(left.parent.parent.iterdir()) == []


def test_other_source_file_gives_other_keys(store: Callable[..., Store], tmp_path: Path) -> None:
    before = store()
    keys = [before.key("kubernetes"), before.key("kubeadm")]
    (tmp_path / "recipe").write_text("2")
    after = store()
    assert [after.key("kubernetes") != keys[0], after.key("kubeadm") != keys[1]] == [True, True]


def test_other_input_gives_another_key(store: Callable[..., Store]) -> None:
    assert store(inputs=("a",)).key("kubernetes") != store(inputs=("b",)).key("kubernetes")


def test_other_version_of_a_deb_keeps_the_key_of_its_source(store: Callable[..., Store]) -> None:
    changed = {**PARTS, "kubeadm": {**PARTS["kubeadm"], "version": "1.98.7-1.2"}}
    before, after = store(), store(parts=changed)
    assert before.key("kubernetes") == after.key("kubernetes")
    assert before.key("kubeadm") != after.key("kubeadm")


def test_missing_parts_come_after_what_they_need(store: Callable[..., Store]) -> None:
    assert store().missing(["kubeadm"]) == ["kubernetes", "kubeadm"]


def test_finished_part_does_not_ask_for_its_needs(store: Callable[..., Store]) -> None:
    store().build("kubeadm", nothing)
    assert store().missing(["kubeadm"]) == []


def test_made_from_names_needs_that_are_not_asked_for(store: Callable[..., Store]) -> None:
    assert store().made_from(["kubeadm"]) == ("kubernetes",)
    assert store().made_from(["kubeadm", "kubernetes"]) == ()


def test_stale_part_is_removed_and_the_current_one_kept(store: Callable[..., Store]) -> None:
    built = store().build("kubernetes", nothing)
    stale = built.directory.with_name("0123456789abcdef")
    stale.mkdir()
    store().remove_stale()
    assert [built.directory.exists(), stale.exists()] == [True, False]
