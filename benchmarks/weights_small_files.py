"""What model_weights costs with very many files: seconds and peak memory of two runs.

python -m benchmarks.weights_small_files [--files 100000] [--bytes 64] [--directory /var/tmp]

The files lie in directories of 1,000 and come from a directory on the same disk (file://), so the
seconds are the module's and the file system's; each run is a process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.weights_module import Measured, run_module

IN_A_DIRECTORY = 1000
MIB = 2**20


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of both runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=64)
    parser.add_argument("--directory", default="/var/tmp", help="where they are made")  # noqa: S108
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        make_source(Path(directory) / "source", options.files, options.bytes)
        print(f"{options.files} files of {options.bytes} bytes")
        print(f"{'run':8} {'seconds':>8} {'fetched bytes':>13} {'peak MiB':>8}")
        for name in ("first", "second"):
            print(line(name, measured(Path(directory))), flush=True)
        check(Path(directory))


def make_source(source: Path, number: int, size: int) -> None:
    """Files with content of their own, and their list."""
    lines = []
    for place in range(number):
        name = f"{place // IN_A_DIRECTORY:04}/{place:08}.bin"
        path = source / name
        if place % IN_A_DIRECTORY == 0:
            path.parent.mkdir(parents=True)
        content = hashlib.shake_256(name.encode()).digest(size)
        path.write_bytes(content)
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (source / "SHA256SUMS").write_text("".join(lines))


def measured(directory: Path) -> Measured:
    """One run of the module."""
    return run_module(name="m", source=f"file://{directory}/source", destination=f"{directory}/w")


def line(name: str, run: Measured) -> str:
    """One line of the table."""
    fetched = run.result["weights"]["fetched_bytes"]
    return f"{name:8} {run.seconds:8.1f} {fetched:13} {run.peak / MIB:8.1f}"


def check(directory: Path) -> None:
    """Compare every file; raises RuntimeError when one differs."""
    for path in (directory / "source").rglob("*.bin"):
        name = path.relative_to(directory / "source")
        if (directory / "w" / "m" / name).read_bytes() != path.read_bytes():
            raise RuntimeError(f"{name} differs")


if __name__ == "__main__":
    main()
