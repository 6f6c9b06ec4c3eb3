"""The root file system of a bundle's image, the engine's or the router's, and Python in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.bundle import rootfs
from lab.bundle.builder import run
from lab.bundle.cache import cache_root
from lab.bundle.catalogue import load

PART = "sglang-cpu"
# SGLang asks lscpu for the CPUs. RDMA devices there are none: their names are plain directories.
_CPUS = "sys/devices/system"
_RDMA_DEVICES = "sys/class/infiniband"
# The mount is seen by this command alone and goes with it.
_WITH_CPUS = 'mount --bind "/$1" "$2/$1" && shift 2 && exec "$@"'


@dataclass(frozen=True)
class EngineImage:
    """An unpacked image: its directory and its environment."""

    root: Path
    environment: Mapping[str, str]

    def run_python(self, script: Path, *arguments: str) -> str:
        """Run a script in the image's /tmp, as root and without a network; give what it printed.

        Raises BuildError with its last lines when it fails.
        """
        shutil.copy(script, self.root / "tmp")
        words = [f"{name}={value}" for name, value in self.environment.items()]
        isolated = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
        mounted = ["sh", "-c", _WITH_CPUS, "sh", _CPUS, str(self.root)]
        inside = ["unshare", f"--root={self.root}", "--wd=/tmp", "--mount-proc", "env", "-i"]
        python = ["python3", "-W", "ignore", script.name, *arguments]
        return run([*isolated, *mounted, *inside, *words, *python])


def unpack(root: Path, rdma_devices: Iterable[str], *, part: str = PART) -> EngineImage:
    """Unpack an image of the current bundle; `python -m lab.bundle` makes one."""
    entry = load().part(part)
    storage = cache_root() / "bundle/current/registry"
    environment = rootfs.unpack_image(
        storage, root, image=str(entry["image"]), tag=str(entry["tag"])
    )
    (root / _CPUS).mkdir(parents=True)
    for device in rdma_devices:
        (root / _RDMA_DEVICES / device).mkdir(parents=True)
    return EngineImage(root, environment)
