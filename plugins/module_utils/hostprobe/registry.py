# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images in the storage of an OCI registry, read from its files: the registry need not run.

The layout is that of the CNCF's distribution, which Debian packages as docker-registry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

REPOSITORIES = "docker/registry/v2/repositories"
BLOBS = "docker/registry/v2/blobs"


def images(root: Path, storage: str, names: Sequence[str]) -> dict[str, dict[str, object]]:
    """Those of C(names) (C(repository:tag)) that C(storage) holds.

    C(digest) is what the tag points to, C(bytes) the compressed size; of an image for several
    platforms the largest that is there.
    """
    top = root / storage.lstrip("/")
    found = {name: _image(top, name) for name in names}
    return {name: image for name, image in found.items() if image is not None}


def _image(top: Path, name: str) -> Optional[dict[str, object]]:
    repository, _colon, tag = name.rpartition(":")
    link = top / REPOSITORIES / repository / "_manifests/tags" / tag / "current/link"
    try:
        digest = link.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    manifest = _manifest(top, digest)
    return None if manifest is None else {"digest": digest, "bytes": _bytes(top, manifest)}


def _manifest(top: Path, digest: str) -> Optional[Mapping[str, Any]]:
    algorithm, _colon, value = digest.partition(":")
    blob = top / BLOBS / algorithm / value[:2] / value / "data"
    try:
        document = json.loads(blob.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, Mapping) else None


def _bytes(top: Path, manifest: Mapping[str, Any]) -> int:
    if "manifests" in manifest:
        several = (_manifest(top, entry["digest"]) for entry in manifest["manifests"])
        return max((_bytes(top, one) for one in several if one is not None), default=0)
    parts = (manifest.get("config", {}), *manifest.get("layers", ()))
    return sum(int(part.get("size", 0)) for part in parts)
