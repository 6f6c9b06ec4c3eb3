"""The Python packages of the newest ansible-core, installed on this machine for another Python."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from lab.bundle.catalogue import LOCKS
from lab.bundle.lock import PYTHON
from lab.hosts.paths import Cache

USE = "controller-newest"
LOCK = LOCKS / f"{USE}.txt"
UV = Path(sys.executable).with_name("uv")


def install(cache: Cache) -> Path:
    """Return the directory that holds the packages of the lock; does nothing in a second call.

    Wheels only: a source distribution would be built by this machine's Python. Raises
    CalledProcessError when a package cannot be had or has another checksum.
    """
    python = PYTHON[USE]
    key = hashlib.sha256(python.encode() + LOCK.read_bytes()).hexdigest()[:16]
    target = cache.root / "newest" / key
    if not target.is_dir():
        shutil.rmtree(target.parent, ignore_errors=True)  # packages of earlier locks, half a call
        unfinished = target.with_suffix(".unfinished")
        options = ["--target", str(unfinished), "--python-version", python]
        options += ["--no-python-downloads", "--require-hashes", "--only-binary", ":all:"]
        options += ["--requirements", str(LOCK)]
        subprocess.run([UV, "pip", "install", "--quiet", *options], check=True)
        unfinished.rename(target)
    return target
