"""The recipe of every part that lab/bundle builds, by the part's kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lab.bundle import charts, debian, debs, images, sources
from lab.bundle.builder import Recipe
from lab.bundle.catalogue import Catalogue, Part

# A part of kind `python` is locked, not built; of `debian` only what goes into the bundle is.
_UNBUILT_USES = ("builder", "controller")

_BY_KIND: Mapping[str, Callable[[str, Part], Recipe]] = {
    "source": lambda _name, part: sources.recipe(part),
    "deb": debs.recipe,
    "debian": lambda _name, part: debian.recipe(part),
    "image": images.recipe,
}


def recipes(catalogue: Catalogue) -> dict[str, Recipe]:
    """Recipes by part name."""
    found = {}
    for name, part in catalogue.parts.items():
        if part.get("use") in _UNBUILT_USES:
            continue
        if part["kind"] == "chart":
            found[name] = charts.recipe(name, catalogue)
        else:
            found[name] = _BY_KIND[part["kind"]](name, part)
    return found
