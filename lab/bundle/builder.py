"""What a builder of one part is given and what it must leave behind.

A builder is a function `build(work: Work) -> None`. It fills `work.output` and raises
`BuildError` when it cannot. What it must leave there depends on the part's kind:

| kind     | left in `work.output`                                                             |
|----------|-----------------------------------------------------------------------------------|
| `source` | `bin/<program>` and, where images or charts need them, `files/...`                 |
| `deb`    | one or more `*.deb`                                                                |
| `debian` | one or more `*.deb`                                                                |
| `image`  | `oci/`, an OCI image layout whose only image is tagged `work.part["tag"]`          |
| `chart`  | `chart.tgz`, a packaged Helm chart                                                 |
| `model`  | `model/`, a directory of weights with `index` files and `SHA256SUMS`               |

Each module of builders offers `recipe(name, part) -> Recipe`, which lab/bundle/recipes.py puts
in its table. The caller pushes `oci/` and `chart.tgz` into an OCI registry storage and renames
the whole directory into the cache, so that a killed build leaves nothing half.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# 2026-01-01T00:00:00Z: the time stamp of every file, image and package that is built here.
SOURCE_DATE_EPOCH = 1767225600


class BuildError(Exception):
    """A part could not be built; the message says which command or file and what to do."""


@dataclass(frozen=True)
class Work:
    """One build of one part.

    `name` and `part` are the catalogue's key and entry, `scratch` an empty directory that is
    deleted after the build, `output` an empty directory that becomes the part, `build_cache` a
    directory that lives until the bundle is whole (compiler and download caches), `locks` the
    directory `catalogue/locks`, `needs` the finished output of each part that the recipe names,
    and `report` prints one line of progress.
    """

    name: str
    part: Mapping[str, Any]
    scratch: Path
    output: Path
    build_cache: Path
    locks: Path
    needs: Mapping[str, Path]
    report: Callable[[str], None]


Build = Callable[[Work], None]


@dataclass(frozen=True)
class Recipe:
    """How one part is built.

    `build` is the builder, `needs` are the parts that must be finished before it, `sources` are
    the files (builder modules, lock files) whose content belongs to the part's key beside its
    catalogue entry and the keys of `needs`; `inputs` are further values that belong to it.
    """

    build: Build
    needs: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()
    inputs: tuple[str, ...] = ()


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> str:
    """Run one command and return its standard output.

    `env` is added to the environment of this process. Raises `BuildError` with the command, its
    exit code and its last lines when it fails.
    """
    words = [str(word) for word in argv]
    result = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(SOURCE_DATE_EPOCH), **(env or {})},
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if result.returncode != 0:
        tail = b"\n".join((result.stdout + result.stderr).splitlines()[-15:])
        raise BuildError(
            f"command {' '.join(words)}: exit code {result.returncode}, needed 0\n"
            f"{tail.decode(errors='replace')}"
        )
    return result.stdout.decode(errors="replace")
