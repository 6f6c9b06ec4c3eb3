# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The disks of a host, by util-linux: lsblk for the tree, wipefs for what lies on each device.

lsblk's own columns for file systems are udev's, which may be older than the last mkfs; wipefs reads
the device itself, and without --all it only reads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError

Run = Callable[[Sequence[str]], str]
COLUMNS = "NAME,PATH,TYPE,SIZE,SERIAL,MODEL,TRAN,ROTA,RO,MOUNTPOINTS"
# An array that is not running has no size, which lsblk leaves out without --all.
LSBLK = ("lsblk", "--all", "--json", "--bytes", "--tree", "--output", COLUMNS)
WIPEFS = ("wipefs", "--json")
# Without a path: with one it would touch the mount, which hangs on an NFS server that is gone.
FINDMNT = ("findmnt", "--json", "--list", "--output", "TARGET,SOURCE")
LINKS = "dev/disk/by-id"
# Enough to say what a directory holds.
SHOWN_ENTRIES = 5


def read_disks(run: Run, root: Path) -> list[dict[str, Any]]:
    """The whole disks of the host whose file tree is C(root), by name.

    C(run) runs a program and returns what it prints. A disk without a device node, as the host's
    own disks are in a container, is left out. Raises C(OperationError) for an answer of a program
    that is no JSON.
    """
    links = _links(root)
    tree = _json(run, LSBLK)["blockdevices"]
    found = [
        _disk(run, root, entry, links)
        for entry in tree
        if entry["type"] == "disk" and _exists(root, entry) and entry["size"]
    ]
    return sorted(found, key=lambda disk: str(disk["name"]))


def read_place(run: Run, root: Path, path: str) -> dict[str, Any]:
    """What lies at C(path): the C(source) of the mount there, or the first C(entries) of it."""
    mounts = _json(run, FINDMNT)["filesystems"]
    sources = [mount["source"] or "" for mount in mounts if mount["target"] == path]
    place = root / path.lstrip("/")
    entries: list[str] = []
    if not sources and place.is_dir():
        entries = sorted(os.listdir(place))[:SHOWN_ENTRIES]
    return {"path": path, "source": sources[-1] if sources else "", "entries": entries}


def _disk(
    run: Run, root: Path, entry: Mapping[str, Any], links: Mapping[str, list[str]]
) -> dict[str, Any]:
    children = {child["path"]: child for child in _below(entry)}
    try:
        found = {path: _signatures(run, path) for path in (entry["path"], *_with_size(children))}
        error = ""
    except OperationError as failed:  # a broken disk is a fact, and no reason to hide the others
        found, error = {}, str(failed)
    return {
        "name": entry["name"],
        "path": entry["path"],
        "size_bytes": int(entry["size"]),
        "serial": (entry["serial"] or "").strip(),
        "model": (entry["model"] or "").strip(),
        "transport": entry["tran"] or "",
        "rotational": bool(entry["rota"]),
        "read_only": bool(entry["ro"]),
        "error": error,
        "links": links.get(entry["path"], []),
        "signatures": found.get(entry["path"], []),
        "mountpoints": _mountpoints(entry),
        "children": [
            {
                "path": path,
                "type": child["type"],
                "signatures": found.get(path, []),
                "mountpoints": _mountpoints(child),
                **_array(root, child["name"]),
            }
            for path, child in children.items()
        ],
    }


def _with_size(devices: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """An array that does not run has none, and cannot be read."""
    return [path for path, device in devices.items() if device["size"]]


def _below(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for child in entry.get("children", []):
        yield child
        yield from _below(child)


def _signatures(run: Run, path: str) -> list[dict[str, str]]:
    found = _json(run, (*WIPEFS, path))["signatures"]
    unique = {(sign["type"], sign.get("label") or "", sign.get("uuid") or "") for sign in found}
    return [{"type": kind, "label": label, "uuid": uuid} for kind, label, uuid in sorted(unique)]


def _mountpoints(entry: Mapping[str, Any]) -> list[str]:
    return [path for path in entry["mountpoints"] if path]


def _array(root: Path, name: str) -> dict[str, Any]:
    """Documentation/admin-guide/md.rst of the kernel: raid_disks and array_state."""
    directory = root / "sys/block" / name / "md"
    if not directory.is_dir():
        return {"raid_disks": 0, "raid_state": ""}
    disks = (directory / "raid_disks").read_text(encoding="utf-8").split()
    state = (directory / "array_state").read_text(encoding="utf-8").strip()
    return {"raid_disks": int(disks[0]) if disks else 0, "raid_state": state}


def _links(root: Path) -> dict[str, list[str]]:
    """The names of each device in /dev/disk/by-id, sorted."""
    directory = root / LINKS
    found: dict[str, list[str]] = {}
    for link in sorted(directory.iterdir()) if directory.is_dir() else []:
        target = os.path.normpath(os.path.join("/", LINKS, os.readlink(link)))
        found.setdefault(target, []).append(link.name)
    return found


def _exists(root: Path, entry: Mapping[str, Any]) -> bool:
    return (root / str(entry["path"]).lstrip("/")).exists()


def _json(run: Run, argv: Sequence[str]) -> Any:
    text = run(argv)
    if not text.strip():  # wipefs says nothing of a device without signatures
        return {"signatures": []}
    try:
        return json.loads(text)
    except ValueError as error:
        raise OperationError(
            f"{' '.join(argv)}: found {text[:200]!r}, needed JSON; install util-linux 2.37 or newer"
        ) from error
