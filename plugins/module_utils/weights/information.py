# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What model_weights_info says of the models below a weights root; nothing is changed."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import Standing
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import FileList
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import Record
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import WeightsRoot
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_state import (
    ScrubState,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
    own_list,
    owned_staging,
    survey,
)

_NOTHING = FileList("", (), b"")


def describe_models(destination: str, name: str, *, verify: bool) -> list[dict[str, Any]]:
    """One description per model, sorted by name; a named model is described even when absent.

    With ``verify`` every byte of the version in use is read. Raises OSError when a file cannot be
    read.
    """
    root = WeightsRoot(os.path.normpath(destination))
    names = [name] if name else root.names()
    return [_describe(root, model, verify=verify) for model in names]


def _describe(root: WeightsRoot, name: str, *, verify: bool) -> dict[str, Any]:
    target = root.link_target(name)
    # Without a link: a path where no version can be.
    in_use = VersionDirectory(os.path.join(root.path, target or f"{name}@"))
    versions = root.versions(name)
    others = (VersionDirectory(os.path.join(root.path, v)) for v in versions if v != target)
    return {
        "name": name,
        "link": root.link(name) if target else "",
        **_version(name, in_use, verify=verify),
        "path": in_use.path if target else "",
        "versions": list(versions),
        "other_versions": [_other(name, directory) for directory in others],
        "staging": list(owned_staging(root, name)),
    }


def _version(name: str, directory: VersionDirectory, *, verify: bool) -> dict[str, Any]:
    file_list = own_list(name, directory) or _NOTHING
    standings = survey(directory, file_list.files, read=verify, trust=not verify).standings
    of = {kind: sorted(n for n, s in standings.items() if s is kind) for kind in Standing}
    complete = bool(standings) and not of[Standing.MISSING]
    record = directory.record()
    if record is None or record.digest != file_list.digest:
        record = Record("", "", "", {})
    return {
        "path": directory.path,
        "digest": file_list.digest,
        "complete": complete,
        "verified": complete and len(of[Standing.VERIFIED]) == len(standings),
        "verified_at": record.verified_at,
        "verified_by": asdict(record.verified_by),
        "files": len(standings),
        "bytes": sum(directory.size(file) for file in standings),
        "missing": of[Standing.MISSING],
        "unverified": of[Standing.UNREAD],
        "mismatching": of[Standing.MISMATCHING],
        "scrub": _scrub(directory),
    }


def _scrub(directory: VersionDirectory) -> dict[str, Any]:
    state = directory.scrub_state() or ScrubState("")
    values = {**asdict(state), "wrong": list(state.wrong), "events": list(asdict(state)["events"])}
    return {key: value for key, value in values.items() if key != "digest"}


def _other(name: str, directory: VersionDirectory) -> dict[str, Any]:
    """A version that the link does not name: what it needs to be linked again."""
    found = _version(name, directory, verify=False)
    return {key: found[key] for key in ("path", "digest", "complete", "verified", "bytes")}
