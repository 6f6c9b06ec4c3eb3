"""Finished parts in the cache, each under a key of everything that it is made from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.bundle.builder import Recipe, Work, run
from lab.bundle.catalogue import LOCKS, Catalogue

RECORD = "part.json"


@dataclass(frozen=True)
class Built:
    """A finished part: its `directory` in the cache, its `key`, and the `seconds` it took.

    `peak_bytes` is the disk that its directories took when it was finished, the scratch one's
    included; the caches of compilers and downloads, which all parts share, are not in it.
    """

    name: str
    version: str
    key: str
    directory: Path
    seconds: float
    peak_bytes: int = 0


def disk_bytes(directory: Path) -> int:
    """What a directory takes on its disk."""
    return int(run(["du", "--summarize", "--block-size=1", directory]).split()[0])


class Store:
    """Parts below `root/parts/<name>/<key>`, built with `recipes` from `catalogue`."""

    def __init__(self, root: Path, catalogue: Catalogue, recipes: Mapping[str, Recipe]) -> None:
        self.root = root
        self._catalogue = catalogue
        self._recipes = recipes
        self._keys: dict[str, str] = {}

    def key(self, name: str) -> str:
        """Content key of a part: its entry, the files it is made by, and the keys it needs."""
        if name not in self._keys:
            recipe = self._recipes[name]
            digest = hashlib.sha256()
            digest.update(json.dumps([name, self._catalogue.part(name)], sort_keys=True).encode())
            for source in sorted(recipe.sources):
                digest.update(source.name.encode() + b"\0" + source.read_bytes())
            digest.update(json.dumps(recipe.inputs).encode())
            for need in sorted(recipe.needs):
                digest.update(self.key(need).encode())
            self._keys[name] = digest.hexdigest()[:16]
        return self._keys[name]

    def directory(self, name: str) -> Path:
        """Where the part is, or will be."""
        return self.root / "parts" / name / self.key(name)

    def find(self, name: str) -> Built | None:
        """The part when it is finished, else None."""
        record = self.directory(name) / RECORD
        if not record.exists():
            return None
        kept = json.loads(record.read_text())
        return Built(directory=self.directory(name), **kept)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of `names` and of all that they need which are not finished, needs first.

        A finished part does not ask for what it was made from.
        """
        order: list[str] = []
        for name in names:
            if name not in order and self.find(name) is None:
                needed = self.missing(self._recipes[name].needs)
                order += [item for item in needed if item not in order] + [name]
        return order

    def made_from(self, names: Iterable[str]) -> tuple[str, ...]:
        """All parts that `names` are made from and that are not among them, sorted."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            needs = set(self._recipes[waiting.pop()].needs) - found
            found |= needs
            waiting += needs
        return tuple(sorted(found.difference(names)))

    def needs(self, name: str) -> tuple[str, ...]:
        """Parts that must be finished before this one."""
        return self._recipes[name].needs

    def build(self, name: str, finish: Callable[[Work], None]) -> Built:
        """Build one part whose needs are finished, in a temporary directory, then rename it.

        `finish` turns what the builder left into what the bundle takes. Raises `BuildError`.
        """
        started = time.monotonic()
        place = self.root / "parts" / name
        scratch = place / f".{os.getpid()}-{threading.get_ident()}"
        work = self._work(name, scratch)
        try:
            self._recipes[name].build(work)
            finish(work)
            built = Built(
                name=name,
                version=str(work.part["version"]),
                key=self.key(name),
                directory=self.directory(name),
                seconds=round(time.monotonic() - started, 1),
                peak_bytes=disk_bytes(scratch),
            )
            record = {key: value for key, value in asdict(built).items() if key != "directory"}
            (work.output / RECORD).write_text(json.dumps(record))
            work.output.rename(built.directory)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return built

    def remove_unfinished(self) -> None:
        """Delete what killed builds left."""
        for left in (self.root / "parts").glob("*/.*"):
            shutil.rmtree(left)

    def remove_stale(self) -> None:
        """Delete finished parts under keys that the catalogue and the builders no longer give."""
        for found in (self.root / "parts").glob("*/*"):
            name = found.parent.name
            if name not in self._recipes or found != self.directory(name):
                shutil.rmtree(found)

    def _work(self, name: str, scratch: Path) -> Work:
        (scratch / "scratch").mkdir(parents=True)
        (scratch / "output").mkdir()
        build_cache = self.root.parent / "build"
        build_cache.mkdir(exist_ok=True)
        return Work(
            name=name,
            part=self._catalogue.part(name),
            scratch=scratch / "scratch",
            output=scratch / "output",
            build_cache=build_cache,
            locks=LOCKS,
            needs={need: self.directory(need) for need in self._recipes[name].needs},
            report=lambda line: print(f"  {name}: {line}", flush=True),
        )
