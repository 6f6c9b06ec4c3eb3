# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Texts, directory listings and image blobs: what the controller compares with its input."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

# A manifest or a checksum list of ours is some KiB; anything larger is not one.
LARGEST_TEXT = 4 * 1024 * 1024
CONTENT_STORE = "var/lib/containerd/io.containerd.content.v1.content/blobs/sha256"


def text(root: Path, path: str) -> dict[str, str]:
    """C(text) of a small file, or C(error): why it could not be read."""
    place = root / path.lstrip("/")
    try:
        if place.stat().st_size > LARGEST_TEXT:
            return {"text": "", "error": f"larger than {LARGEST_TEXT} bytes"}
        return {"text": place.read_text(encoding="utf-8"), "error": ""}
    except OSError as error:
        return {"text": "", "error": (error.strerror or str(error)).lower()}
    except UnicodeDecodeError:
        return {"text": "", "error": "not UTF-8 text"}


def listing(root: Path, path: str) -> dict[str, object]:
    """C(exists), and C(files): relative path to size in bytes of all regular files below."""
    top = root / path.lstrip("/")
    files = {}
    for directory, _directories, names in os.walk(top):
        for name in names:
            place = Path(directory) / name
            if place.is_file():
                files[str(place.relative_to(top))] = place.stat().st_size
    return {"exists": top.is_dir(), "files": dict(sorted(files.items()))}


def existing(root: Path, paths: Sequence[str]) -> list[str]:
    """Those of C(paths) that exist."""
    return [path for path in paths if (root / path.lstrip("/")).exists()]


def blobs(root: Path) -> list[str]:
    """Digests ("sha256:...") of all blobs in containerd's content store, sorted."""
    store = root / CONTENT_STORE
    return sorted(f"sha256:{blob.name}" for blob in store.iterdir()) if store.is_dir() else []
