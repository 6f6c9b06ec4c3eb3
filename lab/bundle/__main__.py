"""Build a bundle, or the programs of a set of sources: `python -m lab.bundle [--set core]`."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.bundle import bundle
from lab.bundle.builder import BuildError
from lab.bundle.cache import cache_root
from lab.bundle.catalogue import Catalogue, CatalogueError, load
from lab.bundle.check import check
from lab.bundle.recipes import recipes
from lab.bundle.schedule import build_all
from lab.bundle.store import Built, Store, disk_bytes
from lab.hosts.errors import LabError


def main() -> int:
    """Build, or list what is built; exit code 1 with the reason when it cannot."""
    parser = argparse.ArgumentParser(prog="lab.bundle", description=__doc__)
    parser.add_argument("--set", default="core", dest="set_name", help="set of catalogue/sets.yml")
    parser.add_argument("--list", action="store_true", help="print the parts of the bundle")
    parser.add_argument(
        "--keep-build-cache", action="store_true", help="keep compiler and download caches"
    )
    arguments = parser.parse_args()
    root = cache_root() / "bundle"
    try:
        if arguments.list:
            print(table(bundle.read(root / "current")))
        else:
            _build(root, arguments.set_name, arguments.keep_build_cache)
    except (BuildError, CatalogueError, LabError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def table(made: bundle.Bundle) -> str:
    """Each part's version, size and peak while it was built in MB, build time, origin; the sums."""
    rows: list[tuple[str, ...]] = [("part", "version", "MB", "peak MB", "seconds", "origin")]
    for kind, parts in (("all parts", made.parts), ("made from", made.made_from)):
        rows += [_row(name, part) for name, part in parts.items()]
        megabytes = sum(part["bytes"] for part in parts.values()) / 1e6
        seconds = sum(part["seconds"] for part in parts.values())
        rows.append((kind, "", f"{megabytes:.1f}", "", f"{seconds:.1f}", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = (
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  "
        f"{row[3]:>{widths[3]}}  {row[4]:>{widths[4]}}  {row[5]}"
        for row in rows
    )
    return "\n".join(lines)


def _row(name: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name,
        part["version"],
        f"{part['bytes'] / 1e6:.1f}",
        f"{part['peak_bytes'] / 1e6:.1f}",
        f"{part['seconds']:.1f}",
        part["origin"],
    )


def _build(root: Path, set_name: str, keep_build_cache: bool) -> None:
    started = time.monotonic()
    catalogue = load()
    names = catalogue.of_set(set_name)
    store = Store(root, catalogue, recipes(catalogue))
    root.mkdir(parents=True, exist_ok=True)
    with _only_one(root / ".lock"):
        if all(catalogue.part(name)["kind"] == "source" for name in names):
            made, built = f"set {set_name}", _make_parts(store, names)
        else:
            made, built = _make_bundle(store, catalogue, names)
        if built and not keep_build_cache:
            _drop_build_cache(root.parent / "build")
    word = "built" if built else "nothing to build"
    print(f"{made}: {word}, {time.monotonic() - started:.1f} s")


def _drop_build_cache(directory: Path) -> None:
    """Delete the caches of compilers and downloads; print what they took."""
    if directory.is_dir():
        print(f"caches of compilers and downloads: {disk_bytes(directory) / 1e6:.0f} MB, deleted")
        shutil.rmtree(directory, ignore_errors=True)


def _make_parts(store: Store, names: tuple[str, ...]) -> bool:
    """Build programs that no bundle takes; say whether there was anything to do."""
    if not store.missing(names):
        return False
    store.remove_unfinished()
    build_all(store, names, bundle.finish)
    return True


def _make_bundle(store: Store, catalogue: Catalogue, names: tuple[str, ...]) -> tuple[str, bool]:
    """Put the bundle together unless it is; return what was made and whether it is new."""
    key = bundle.bundle_key(store, names)
    made = f"bundle {store.root / key}"
    if (store.root / key / bundle.INDEX).exists():
        bundle.point_at(store.root, key)
        return made, False
    _make(store, catalogue, key, names)
    return made, True


def _make(store: Store, catalogue: Catalogue, key: str, names: tuple[str, ...]) -> None:
    store.remove_unfinished()
    build_all(store, names, bundle.finish)
    built = _found(store, names)
    check(built, catalogue)
    bundle.assemble(
        store.root,
        key,
        built=built,
        made_from=_found(store, store.made_from(names)),
        catalogue=catalogue,
    )
    bundle.point_at(store.root, key)
    store.remove_stale()
    bundle.remove_unused(store.root, key)


def _found(store: Store, names: Iterable[str]) -> dict[str, Built]:
    return {name: built for name in names if (built := store.find(name))}


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
