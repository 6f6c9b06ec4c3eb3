# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model's state and its scrubs in the text format of Prometheus, for the node exporter.

Its textfile collector reads every file in a directory whose name ends in ``.prom``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Union

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import Standing
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import SHORT_DIGEST
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    write_file,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_state import ScrubState
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
    own_list,
    survey,
)

Number = Union[int, float]
PREFIX = "baremetal_sglang_weights"
# Name behind the prefix -> type and help.
METRICS: Mapping[str, tuple[str, str]] = {
    "linked": ("gauge", "1 when the model's link names this version."),
    "complete": ("gauge", "1 when every listed file is there."),
    "verified": ("gauge", "1 when every file is as it was when its SHA-256 was last found right."),
    "verified_timestamp_seconds": ("gauge", "When bytes of this version were last hashed."),
    "files": ("gauge", "Files in the version's list."),
    "bytes": ("gauge", "Bytes of these files on the disk."),
    "scrub_last_success_timestamp_seconds": (
        "gauge",
        "When a scrub last ended with every byte right, 0 for never.",
    ),
    "scrub_pending_files": ("gauge", "Files that the scrub under way has not read yet."),
    "scrub_wrong_files": ("gauge", "Files that were found wrong and could not be repaired."),
    "scrub_found_total": ("counter", "Files that scrubs found wrong."),
    "scrub_repaired_total": ("counter", "Files that scrubs repaired."),
    "scrub_read_bytes_total": ("counter", "Bytes that scrubs read."),
}


def metrics_path(directory: str, name: str) -> str:
    """Where the metrics of a model are written."""
    return os.path.join(directory, f"{PREFIX}_{name}.prom")


def write_metrics(directory: str, root: WeightsRoot, name: str) -> None:
    """Replace the metrics of a model in one step; raises OSError."""
    write_file(metrics_path(directory, name), render(name, version_figures(root, name)).encode())


def version_figures(root: WeightsRoot, name: str) -> dict[str, dict[str, Number]]:
    """The figures of each version of a model, by its short digest; no file's content is read."""
    linked = root.link_target(name)
    figures = {}
    for entry in root.versions(name):
        directory = VersionDirectory(os.path.join(root.path, entry))
        short = entry[-SHORT_DIGEST:]
        figures[short] = {"linked": int(entry == linked), **_version(name, directory)}
    return figures


def render(name: str, versions: Mapping[str, Mapping[str, Number]]) -> str:
    """The text of the metrics, sorted. A model that is not there is one that is not complete."""
    values = versions or {"": dict.fromkeys(METRICS, 0)}
    return "".join(_lines(name, values))


def _lines(name: str, versions: Mapping[str, Mapping[str, Number]]) -> Iterator[str]:
    for metric, (kind, text) in METRICS.items():
        yield f"# HELP {PREFIX}_{metric} {text}\n# TYPE {PREFIX}_{metric} {kind}\n"
        for digest in sorted(versions):
            labels = f'{{model="{name}",digest="{digest}"}}'
            yield f"{PREFIX}_{metric}{labels} {versions[digest][metric]}\n"


def _version(name: str, directory: VersionDirectory) -> dict[str, Number]:
    file_list = own_list(name, directory)
    files = file_list.files if file_list else ()
    record = directory.record()
    standings: Sequence[Any] = tuple(survey(directory, files, read=False).standings.values())
    complete = bool(files) and Standing.MISSING not in standings
    return {
        "complete": int(complete),
        "verified": int(complete and set(standings) == {Standing.VERIFIED}),
        "verified_timestamp_seconds": _seconds(record.verified_at if record else ""),
        "files": len(files),
        "bytes": sum(directory.size(file.name) for file in files),
        **_scrubs(directory.scrub_state() or ScrubState(""), len(files)),
    }


def _scrubs(state: ScrubState, files: int) -> dict[str, Number]:
    return {
        "scrub_last_success_timestamp_seconds": _seconds(state.succeeded_at),
        "scrub_pending_files": files - state.position if state.position else 0,
        "scrub_wrong_files": len(state.wrong),
        "scrub_found_total": state.found,
        "scrub_repaired_total": state.repaired,
        "scrub_read_bytes_total": state.read_bytes,
    }


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) if moment else 0
