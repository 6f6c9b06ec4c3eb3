"""Programs of sets that no bundle takes, as the bundle's builders left them."""

from __future__ import annotations

import json
from pathlib import Path

from lab.bundle.cache import cache_root
from lab.bundle.catalogue import load


def part(name: str) -> Path:
    """Directory of a finished part of the bundle at the catalogue's version.

    Raises FileNotFoundError with the command that builds it.
    """
    catalogue = load()
    version = catalogue.part(name)["version"]
    records = sorted(
        (cache_root() / "bundle" / "parts" / name).glob("*/part.json"),
        key=lambda record: record.stat().st_mtime,
        reverse=True,
    )
    for record in records:
        if json.loads(record.read_text(encoding="utf-8"))["version"] == version:
            return record.parent
    (holder, *_) = [known for known in catalogue.sets if name in catalogue.of_set(known)]
    raise FileNotFoundError(
        f"{name} {version} is not in {cache_root()}/bundle/parts; "
        f"build it with: python -m lab.bundle --set {holder}"
    )
