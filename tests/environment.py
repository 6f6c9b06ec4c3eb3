"""Python environments of their own for what a test runs beside itself, each from its lock."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from lab.bundle.catalogue import LOCKS
from lab.hosts.paths import Cache

UV = str(Path(sys.executable).with_name("uv"))


def install(cache: Cache, name: str) -> Path:
    """The directory of the programs of catalogue/locks/NAME.txt; does nothing in a second call.

    Raises CalledProcessError when a package cannot be had or has another checksum.
    """
    lock = LOCKS / f"{name}.txt"
    key = hashlib.sha256(sys.version.encode() + lock.read_bytes()).hexdigest()[:16]
    target = cache.root / name / key
    if not (target / ".complete").exists():
        shutil.rmtree(target.parent, ignore_errors=True)  # of earlier locks, or half a call
        making = [UV, "venv", "--quiet", "--python", sys.executable, str(target)]
        subprocess.run(making, check=True)
        sync = [UV, "pip", "sync", "--quiet", "--require-hashes", str(lock)]
        subprocess.run([*sync, "--python", str(target / "bin" / "python")], check=True)
        (target / ".complete").touch()
    return target / "bin"
