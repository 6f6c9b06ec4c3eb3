"""Where machines keep their files: below ``machines`` of the lab's cache directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.hosts.paths import REPOSITORY, Cache

DEFAULT_FILE = REPOSITORY / "lab" / "labs" / "machines.yml"


@dataclass(frozen=True)
class MachineCache:
    """The places that ``lab.machines`` owns; ``cache`` holds the ssh key and the bundle."""

    cache: Cache

    @classmethod
    def from_environment(cls) -> MachineCache:
        return cls(Cache.from_environment())

    @property
    def root(self) -> Path:
        return self.cache.root / "machines"

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def states(self) -> Path:
        return self.root / "states"

    @property
    def labs(self) -> Path:
        return self.root / "labs"

    def image(self, name: str) -> ImagePaths:
        return ImagePaths(self.images / name)

    def state(self, name: str) -> StatePaths:
        return StatePaths(self.states / name)

    def lock(self, lab: str) -> Path:
        return self.labs / f".{lab}.lock"

    def lab(self, name: str) -> LabPaths:
        return LabPaths(self.labs / name)


@dataclass(frozen=True)
class ImagePaths:
    """The directory of one image."""

    root: Path

    @property
    def disk(self) -> Path:
        return self.root / "disk.qcow2"

    @property
    def kernel(self) -> Path:
        return self.root / "vmlinuz"


@dataclass(frozen=True)
class StatePaths:
    """The directory of one saved machine: its disk over the image's, and its memory and devices."""

    root: Path

    @property
    def disk(self) -> Path:
        return self.root / "disk.qcow2"

    @property
    def image(self) -> Path:
        """Names the image that the disk lies over."""
        return self.root / "image"

    @property
    def memory(self) -> Path:
        return self.root / "memory"


@dataclass(frozen=True)
class LabPaths:
    """The directory of one lab."""

    root: Path

    @property
    def machines(self) -> Path:
        return self.root / "machines"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def status(self) -> Path:
        return self.root / "status.json"

    def machine(self, name: str) -> MachinePaths:
        return MachinePaths(self.machines / name)


@dataclass(frozen=True)
class MachinePaths:
    """The directory of one running machine (also of the one that is being saved)."""

    root: Path

    @property
    def disk(self) -> Path:
        return self.root / "disk.qcow2"

    def nvme(self, serial: str) -> Path:
        """The file of an NVMe disk."""
        return self.root / "nvme" / f"{serial}.raw"

    @property
    def host_key(self) -> Path:
        return self.root / "ssh_host_ed25519_key"

    @property
    def console(self) -> Path:
        return self.root / "console.log"

    @property
    def log(self) -> Path:
        """What QEMU itself says."""
        return self.root / "qemu.log"

    @property
    def qmp(self) -> Path:
        return self.root / "qmp"

    @property
    def agent(self) -> Path:
        return self.root / "agent"

    @property
    def state(self) -> Path:
        """Names the state that the machine began as; written when the machine is one of its own."""
        return self.root / "state"

    @property
    def nothing(self) -> Path:
        """An empty directory, for a share that the machine does not have."""
        return self.root / "nothing"
