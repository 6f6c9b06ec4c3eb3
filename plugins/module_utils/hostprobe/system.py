# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host is: distribution, memory, swap, file systems, init, runtimes."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

KIB = 1024
# Sockets of container runtimes that are not the containerd of this collection.
FOREIGN_RUNTIMES = {"docker": "run/docker.sock", "cri-o": "run/crio/crio.sock"}
# On a control plane the kubelet speaks to its own host; the cluster's endpoint is in admin.conf.
KUBECONFIGS = ("etc/kubernetes/admin.conf", "etc/kubernetes/kubelet.conf")
SERVER = re.compile(r"^\s*server:\s*(\S+)\s*$", re.MULTILINE)


def distribution(os_release: str) -> dict[str, str]:
    """C(id), C(version) and C(name) of the text of /etc/os-release; empty where it has none."""
    values = {}
    for line in os_release.splitlines():
        key, separator, value = line.partition("=")
        if separator and not key.startswith("#"):
            values[key.strip()] = "".join(shlex.split(value)[:1])
    return {
        "id": values.get("ID", ""),
        "version": values.get("VERSION_ID", ""),
        "name": values.get("PRETTY_NAME", ""),
    }


def memory_bytes(meminfo: str) -> int:
    """MemTotal of the text of /proc/meminfo, in bytes."""
    match = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(match.group(1)) * KIB if match else 0


def swap_bytes(swaps: str) -> int:
    """Size of all swap areas of the text of /proc/swaps, in bytes."""
    rows = (line.split() for line in swaps.splitlines()[1:])
    return sum(int(row[2]) * KIB for row in rows if len(row) > 2)


def cgroup_version(root: Path) -> int:
    """2 when /sys/fs/cgroup is the unified hierarchy, else 1."""
    return 2 if (root / "sys/fs/cgroup/cgroup.controllers").exists() else 1


def init(root: Path) -> str:
    """Name of the program that runs as PID 1."""
    return (root / "proc/1/comm").read_text(encoding="utf-8").strip()


def filesystem(root: Path, path: str) -> dict[str, object]:
    """C(device), C(free_bytes) and C(total_bytes) of the file system that C(path) will lie on.

    The nearest existing parent is asked. C(free_bytes) is what the kubelet calls available.
    """
    place = existing_parent(root, path)
    status = os.statvfs(place)
    return {
        "device": str(place.stat().st_dev),
        "free_bytes": status.f_bavail * status.f_frsize,
        "total_bytes": status.f_blocks * status.f_frsize,
    }


def existing_parent(root: Path, path: str) -> Path:
    """C(path) below C(root), or the nearest directory above it that there is."""
    place = root / path.lstrip("/")
    while not place.exists():
        place = place.parent
    return place


def foreign_runtimes(root: Path) -> list[str]:
    """Names of container runtimes other than ours that have a socket."""
    return sorted(name for name, path in FOREIGN_RUNTIMES.items() if (root / path).exists())


def cluster_server(root: Path) -> str:
    """Address of the API server of the cluster that the host belongs to, or an empty string."""
    for path in KUBECONFIGS:
        place = root / path
        match = SERVER.search(place.read_text(encoding="utf-8")) if place.exists() else None
        if match:
            return match.group(1)
    return ""
