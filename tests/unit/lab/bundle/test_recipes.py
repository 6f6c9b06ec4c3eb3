"""The real catalogue has a recipe for each part of its sets, and none for what others bring."""

from __future__ import annotations

from lab.bundle.catalogue import load
from lab.bundle.recipes import recipes


def test_every_part_of_a_set_that_is_built_has_a_recipe() -> None:
    catalogue = load()
    made = recipes(catalogue)
    named = {name for parts in catalogue.sets.values() for name in parts}
    assert named
    assert named <= set(made)


def test_packages_of_the_machine_itself_and_upstream_s_images_have_none() -> None:
    made = recipes(load())
    assert not {"builder-packages", "machine-packages", "sglang-cuda"} & set(made)
