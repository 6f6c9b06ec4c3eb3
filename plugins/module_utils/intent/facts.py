# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What preflight learned about a host, parsed once from what module host_facts returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class FileSystem:
    """A file system of a host: its device, and sizes in bytes."""

    device: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Listener:
    """A listening TCP port; C(process) is empty where nobody could be seen to hold it."""

    port: int
    address: str
    process: str
    pid: int


@dataclass(frozen=True)
class Route:
    """A route of a host to C(network), in CIDR notation."""

    interface: str
    network: str


@dataclass(frozen=True)
class Text:
    """A text file of a host; C(error) says why there is none."""

    text: str
    error: str


@dataclass(frozen=True)
class Directory:
    """A directory of a host: whether it is there, and the size in bytes of each file below it."""

    exists: bool
    files: Mapping[str, int]


@dataclass(frozen=True)
class Image:
    """An image in the storage of a registry: what its tag points to, and its compressed bytes."""

    digest: str
    bytes: int


@dataclass(frozen=True)
class HostFacts:
    """What module host_facts read on one host. Times are seconds since the epoch."""

    asked_at: float
    epoch: float
    distribution_id: str
    distribution_version: str
    distribution_name: str
    init: str
    cpus: int
    memory_bytes: int
    swap_bytes: int
    cluster_server: str
    filesystems: Mapping[str, FileSystem]
    listeners: tuple[Listener, ...]
    addresses: tuple[str, ...]
    routes: tuple[Route, ...]
    foreign_runtimes: tuple[str, ...]
    texts: Mapping[str, Text]
    directories: Mapping[str, Directory]
    existing: frozenset[str]
    blobs: frozenset[str]
    images: Mapping[str, Image]

    @classmethod
    def parse(cls, host: Mapping[str, Any]) -> HostFacts:
        """Parse the return value C(host) of module host_facts."""
        plain = ("asked_at", "epoch", "init", "cpus", "memory_bytes", "swap_bytes")
        return cls(
            **{name: host[name] for name in plain},
            cluster_server=host["cluster_server"],
            distribution_id=host["distribution"]["id"],
            distribution_version=host["distribution"]["version"],
            distribution_name=host["distribution"]["name"],
            filesystems={path: FileSystem(**fs) for path, fs in host["filesystems"].items()},
            listeners=tuple(Listener(**listener) for listener in host["listeners"]),
            addresses=tuple(host["addresses"]),
            routes=tuple(Route(**route) for route in host["routes"]),
            foreign_runtimes=tuple(host["foreign_runtimes"]),
            texts={path: Text(**text) for path, text in host["texts"].items()},
            directories={path: Directory(**entry) for path, entry in host["directories"].items()},
            existing=frozenset(host["existing"]),
            blobs=frozenset(host["blobs"]),
            images={name: Image(**image) for name, image in host["images"].items()},
        )


@dataclass(frozen=True)
class HostState:
    """How far preflight came with one host.

    C(error) says why the host could not be reached, C(facts_error) why it gave no facts.
    C(interpreter) is the program that was found, C(python) its version, () if there is none.
    """

    error: str
    interpreter: str
    python: tuple[int, ...]
    facts_error: str
    facts: Optional[HostFacts]
