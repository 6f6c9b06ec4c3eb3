"""The recipe of every part that lab/bundle builds, by the part's kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lab.bundle import charts, debian, debs, engine, images, model, router, sources
from lab.bundle.builder import Recipe
from lab.bundle.catalogue import Catalogue, Part

_BY_KIND: Mapping[str, Callable[[str, Part, Catalogue], Recipe]] = {
    "source": lambda _name, part, _catalogue: sources.recipe(part),
    "deb": lambda name, part, _catalogue: debs.recipe(name, part),
    "debian": lambda _name, part, _catalogue: debian.recipe(part),
    "image": lambda name, part, _catalogue: _image(name, part),
    "chart": lambda name, _part, catalogue: charts.recipe(name, catalogue),
    "model": lambda name, _part, catalogue: model.recipe(name, catalogue),
}
# Images of Python packages by their use; those of a source part are programs of it.
_PYTHON_IMAGES: Mapping[str, Callable[[Part], Recipe]] = {"router": router.recipe}
# The machine's own packages, and images that only upstream builds.
_NOT_BUILT = ("builder", "machines", "upstream")


def recipes(catalogue: Catalogue) -> dict[str, Recipe]:
    """Recipes by part name.

    Python packages and parts of a use that is not built have none.
    """
    return {
        name: _BY_KIND[part["kind"]](name, part, catalogue)
        for name, part in catalogue.parts.items()
        if part["kind"] in _BY_KIND and part.get("use") not in _NOT_BUILT
    }


def _image(name: str, part: Part) -> Recipe:
    if "source" in part:
        return images.recipe(name, part)
    if part.get("use") in _PYTHON_IMAGES:
        return _PYTHON_IMAGES[part["use"]](part)
    return engine.recipe(name, part)
