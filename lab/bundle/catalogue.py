"""The catalogue as the bundle reads it: parts, sets and the directory of lock files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "catalogue"
LOCKS = CATALOGUE / "locks"

Part = Mapping[str, Any]


class CatalogueError(Exception):
    """The catalogue lacks something that was asked of it."""


@dataclass(frozen=True)
class Catalogue:
    """`parts` by name, `sets` by name: each a tuple of part names in the order of the file."""

    parts: Mapping[str, Part]
    sets: Mapping[str, tuple[str, ...]]

    def part(self, name: str) -> Part:
        """Entry of a part. Raises `CatalogueError` when there is none of that name."""
        if name not in self.parts:
            raise CatalogueError(f"part {name}: not in catalogue/parts.yml")
        return self.parts[name]

    def of_set(self, name: str) -> tuple[str, ...]:
        """Part names of a set. Raises `CatalogueError` when there is none of that name."""
        if name not in self.sets:
            known = ", ".join(sorted(self.sets))
            raise CatalogueError(f"set {name}: not in catalogue/sets.yml, which has {known}")
        return self.sets[name]

    def used_by(self, kind: str, use: str) -> dict[str, Part]:
        """Parts of one kind whose `use` is `use`, by name."""
        return {
            name: part
            for name, part in self.parts.items()
            if part["kind"] == kind and part.get("use") == use
        }


def load(directory: Path = CATALOGUE) -> Catalogue:
    """Read parts.yml and sets.yml of `directory`."""
    parts = yaml.safe_load((directory / "parts.yml").read_text())["catalogue_parts"]
    sets = yaml.safe_load((directory / "sets.yml").read_text())["catalogue_sets"]
    return Catalogue(parts=parts, sets={name: tuple(members) for name, members in sets.items()})
