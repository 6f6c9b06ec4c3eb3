"""mutmut's Python environment, made from catalogue/locks/mutation.txt."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from lab.bundle.catalogue import LOCKS
from lab.hosts.paths import Cache

LOCK = LOCKS / "mutation.txt"
UV = str(Path(sys.executable).with_name("uv"))


def install(cache: Cache) -> Path:
    """Return the directory of the environment's programs; does nothing in a second call.

    Raises CalledProcessError when a package cannot be had or has another checksum.
    """
    key = hashlib.sha256(sys.version.encode() + LOCK.read_bytes()).hexdigest()[:16]
    target = cache.root / "mutation" / key
    if not (target / ".complete").exists():
        shutil.rmtree(target.parent, ignore_errors=True)  # of earlier locks, or half a call
        making = [UV, "venv", "--quiet", "--python", sys.executable, str(target)]
        subprocess.run(making, check=True)
        sync = [UV, "pip", "sync", "--quiet", "--require-hashes", str(LOCK)]
        subprocess.run([*sync, "--python", str(target / "bin" / "python")], check=True)
        (target / ".complete").touch()
    return target / "bin"
