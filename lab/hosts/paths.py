"""Where the lab keeps its files; all below one cache directory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CACHE_VARIABLE = "BAREMETAL_SGLANG_CACHE"
REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_LAB_FILE = REPOSITORY / "lab" / "labs" / "default.yml"


@dataclass(frozen=True)
class Cache:
    """The cache directory and the places in it that ``lab.hosts`` owns."""

    root: Path

    @classmethod
    def from_environment(cls) -> Cache:
        """Return the cache that CACHE_VARIABLE names, else ``~/.cache/baremetal-sglang``."""
        named = os.environ.get(CACHE_VARIABLE)
        root = Path(named) if named else Path.home() / ".cache" / "baremetal-sglang"
        return cls(root.resolve())

    @property
    def bases(self) -> Path:
        return self.root / "base"

    @property
    def labs(self) -> Path:
        return self.root / "labs"

    @property
    def ssh_key(self) -> Path:
        return self.root / "ssh" / "id_ed25519"

    @property
    def bundle(self) -> Path:
        return self.root / "bundle" / "current"

    def lock(self, name: str) -> Path:
        return self.labs / f".{name}.lock"

    def lab(self, name: str) -> LabPaths:
        return LabPaths(self.labs / name)


@dataclass(frozen=True)
class LabPaths:
    """The directory of one lab."""

    root: Path

    @property
    def hosts(self) -> Path:
        return self.root / "hosts"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def status(self) -> Path:
        return self.root / "status.json"

    def host(self, name: str) -> HostPaths:
        return HostPaths(self.hosts / name)


@dataclass(frozen=True)
class HostPaths:
    """The directory of one host: an overlay's parts and a file system of its own for ``/var``."""

    root: Path

    @property
    def tree(self) -> Path:
        return self.root / "root"

    @property
    def upper(self) -> Path:
        return self.root / "upper"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def disk(self) -> Path:
        return self.root / "var.ext4"

    @property
    def job(self) -> Path:
        return self.root / "job.json"

    @property
    def console(self) -> Path:
        return self.root / "console.log"
