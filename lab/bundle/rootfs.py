"""Root filesystems of images: run a command in one, take one from a registry, archive a part."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lab.bundle.builder import SOURCE_DATE_EPOCH, run
from lab.bundle.registry import digest


def run_in(
    root: Path,
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    stdin: bytes | None = None,
) -> str:
    """Run a command as root inside a root filesystem: in its /tmp, with /proc, no other variables.

    It ends with all that it started. Raises `BuildError` as `builder.run` does.
    """
    inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    inside += [f"--root={root}", "--wd=/tmp"]
    words = [f"{name}={value}" for name, value in environment.items()]
    return run([*inside, "/usr/bin/env", "-i", *words, *argv], stdin=stdin)


def unpack_image(storage: Path, root: Path, *, image: str, tag: str) -> dict[str, str]:
    """Unpack an image of a registry's storage into `root`; return its environment.

    The layers must delete nothing of the layers below them.
    """
    manifest = json.loads(_blob(storage, digest(storage, image=image, tag=tag)).read_bytes())
    for layer in manifest["layers"]:
        run(["tar", "-C", root, "-xpf", _blob(storage, layer["digest"])])
    config = json.loads(_blob(storage, manifest["config"]["digest"]).read_bytes())
    return dict(word.split("=", 1) for word in config["config"]["Env"])


def fix_times(directory: Path) -> None:
    """Give everything below a directory the one time stamp of what is built here."""
    for parent, directories, files in os.walk(directory):
        for name in (*directories, *files):
            path = Path(parent, name)
            os.utime(path, (SOURCE_DATE_EPOCH, SOURCE_DATE_EPOCH), follow_symlinks=False)


def archive(root: Path, target: Path, names: Iterable[str]) -> None:
    """Write a tar archive of some paths of `root` that is the same for the same files."""
    options = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner"]
    options += [f"--mtime=@{SOURCE_DATE_EPOCH}", "--format=posix"]
    options += ["--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"]
    run(["tar", *options, "-C", root, "-cf", target, *names])


def _blob(storage: Path, name: str) -> Path:
    algorithm, value = name.split(":")
    return storage / "docker/registry/v2/blobs" / algorithm / value[:2] / value / "data"
