# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All facts of one host in one read: nothing is written, no program is run."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe import (
    files,
    network,
    registry,
    sockets,
    storage,
    system,
)


@dataclass(frozen=True)
class Question:
    """What the controller asks beyond the facts that are always read.

    C(images) are looked for in the storage of an OCI registry, C(registry).
    """

    paths: Sequence[str] = ()
    texts: Sequence[str] = ()
    directories: Sequence[str] = ()
    existing: Sequence[str] = ()
    registry: str = ""
    images: Sequence[str] = ()


def probe(question: Question, *, root: Path, epoch: float) -> dict[str, Any]:
    """The facts of the host whose file tree is C(root), read at C(epoch) (seconds)."""
    return {
        "epoch": epoch,
        "python": platform.python_version(),
        "distribution": system.distribution(_text(root, "etc/os-release")),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cgroup_version": system.cgroup_version(root),
        "init": system.init(root),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_bytes": system.memory_bytes(_text(root, "proc/meminfo")),
        "swap_bytes": system.swap_bytes(_text(root, "proc/swaps")),
        "filesystems": {path: system.filesystem(root, path) for path in question.paths},
        "storage": {path: storage.storage(root, path) for path in question.paths},
        "listeners": sockets.listeners(root),
        "addresses": network.addresses(_text(root, "proc/net/fib_trie")),
        "routes": network.routes(_text(root, "proc/net/route")),
        "foreign_runtimes": system.foreign_runtimes(root),
        "cluster_server": system.cluster_server(root),
        "texts": {path: files.text(root, path) for path in question.texts},
        "directories": {path: files.listing(root, path) for path in question.directories},
        "existing": files.existing(root, question.existing),
        "blobs": files.blobs(root),
        "images": registry.images(root, question.registry, question.images),
    }


def _text(root: Path, path: str) -> str:
    place = root / path
    return place.read_text(encoding="utf-8") if place.exists() else ""
