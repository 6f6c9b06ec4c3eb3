# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What model_weights_info says of the models below a weights root; nothing is changed."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import Standing
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import FileList
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import WeightsRoot
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
    owned_staging,
    survey,
)

_NOTHING = FileList("", (), b"")


def describe_models(destination: str, name: str, *, verify: bool) -> list[dict[str, Any]]:
    """One description per model, sorted by name; a named model is described even when absent.

    With ``verify`` every file's bytes are read. Raises OSError when a file cannot be read.
    """
    root = WeightsRoot(os.path.normpath(destination))
    names = [name] if name else root.names()
    return [_describe(root, model, verify=verify) for model in names]


def _describe(root: WeightsRoot, name: str, *, verify: bool) -> dict[str, Any]:
    target = root.link_target(name)
    directory = VersionDirectory(os.path.join(root.path, target)) if target else None
    file_list = _own_list(name, directory) or _NOTHING
    standings: dict[str, Standing] = {}
    if directory is not None and file_list is not _NOTHING:
        standings = dict(
            survey(directory, file_list.files, read=verify, trust=not verify).standings
        )
    record = directory.record() if directory else None
    of = {kind: sorted(n for n, s in standings.items() if s is kind) for kind in Standing}
    complete = bool(standings) and not of[Standing.MISSING]
    return {
        "name": name,
        "link": root.link(name) if target else "",
        "path": directory.path if directory else "",
        "digest": file_list.digest,
        "complete": complete,
        "verified": complete and len(of[Standing.VERIFIED]) == len(standings),
        "verified_at": record.verified_at if record and record.digest == file_list.digest else "",
        "files": len(standings),
        "bytes": sum(directory.size(file) for file in standings) if directory else 0,
        "missing": of[Standing.MISSING],
        "unverified": of[Standing.UNREAD],
        "mismatching": of[Standing.MISMATCHING],
        "versions": list(root.versions(name)),
        "staging": list(owned_staging(root, name)),
    }


def _own_list(name: str, directory: VersionDirectory | None) -> FileList | None:
    """The directory's list, when its digest is the one that the directory's name carries."""
    file_list = directory.file_list() if directory else None
    if directory is None or file_list is None:
        return None
    own = os.path.basename(directory.path) == f"{name}@{file_list.short_digest}"
    return file_list if own else None
