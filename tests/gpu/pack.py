"""Gather what a GPU machine without network lacks to run the engine.

`python -m tests.gpu.pack .carry` makes two folders that fit one call each: `.carry/a` has the first
part of the Python packages, `.carry/b` the rest, the models and this harness.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lab.bundle import gpu_lock
from lab.bundle.cache import cache_root
from lab.bundle.catalogue import LOCKS, load
from lab.bundle.golang import UV
from tests import conftest  # noqa: F401  the checkout under its collection name
from tests.gpu.shapes import SHAPES, write_shape

FOLDERS = ("a", "b")
MIB = 1024**2
# A call takes 64 MiB, the checkout beside the folder included.
MOST_MIB = 60
FIRST_MIB = 52
SITE = "site.zip"
HARNESS = Path(__file__).with_name("machine")
# The kernel wheel without what Hopper does not need under the triton attention backend: kernels of
# FA3, FlashMLA and other attention, of Blackwell, and type stubs of a completion library.
UNUSED = (
    "sgl_kernel/flash_ops",
    "sgl_kernel/flashmla_ops",
    "sgl_kernel/infllm_ops",
    "sgl_kernel/spatial_ops",
    "sgl_kernel/sm100/",
    "jedi/third_party/typeshed/stubs/",
    "bin/",
)


class PackError(Exception):
    """The packages do not fit the folders."""


def main() -> int:
    """Make the folders; exit code 1 when they do not fit."""
    parser = argparse.ArgumentParser(prog="tests.gpu.pack", description=__doc__)
    parser.add_argument("target", type=Path, help="directory of the two folders; git ignores it")
    target: Path = parser.parse_args().target
    cache_root().mkdir(parents=True, exist_ok=True)
    # Beside uv's cache, from which it links.
    with tempfile.TemporaryDirectory(prefix=".gpu-pack-", dir=cache_root()) as scratch:
        install(Path(scratch))
        archives = fill(Path(scratch), _emptied(target), FIRST_MIB * MIB)
    for shape in SHAPES.values():
        write_shape(shape, target / "b/models" / shape.name)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HARNESS, target / "b" / HARNESS.name, ignore=ignored)
    for archive in archives:
        print(f"{archive}: {archive.stat().st_size / MIB:.1f} MiB")
    check(archives, MOST_MIB * MIB)
    return 0


def install(site: Path) -> None:
    """The locked packages for the machine's Python and platform below `site`, hashes checked."""
    machine = load().part(gpu_lock.MACHINE_PART)
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    options += ["--python-version", str(machine["python"])]
    options += ["--python-platform", str(machine["platform"])]
    lock = LOCKS / str(machine["lock"])
    command = [str(UV), "--quiet", "pip", "install", *options, "-r", str(lock)]
    subprocess.run([*command, "--target", str(site)], check=True)


def wanted(site: Path) -> Iterator[Path]:
    """The files below `site` that the machine gets, sorted, as paths relative to it."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site)
        if path.is_file() and not str(name).startswith(UNUSED) and "__pycache__" not in name.parts:
            yield name


def fill(site: Path, folders: Sequence[Path], enough: int) -> tuple[Path, ...]:
    """Archives of the wanted files in the folders, in order; from `enough` bytes on the next one
    is begun, where there is one."""
    archives = [folder / SITE for folder in folders]
    names = wanted(site)
    for archive in archives:
        last = archive == archives[-1]
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as output:
            for name in names:
                output.write(site / name, name)
                if not last and archive.stat().st_size >= enough:
                    break
    return tuple(archives)


def check(archives: Iterable[Path], most: int) -> None:
    """Raises PackError for an archive of more than `most` bytes."""
    for archive in archives:
        size = archive.stat().st_size
        if size > most:
            raise PackError(f"{archive}: {size} bytes, at most {most} fit; name more in UNUSED")


def _emptied(target: Path) -> list[Path]:
    folders = [target / name for name in FOLDERS]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    return folders


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PackError as error:
        sys.exit(str(error))
