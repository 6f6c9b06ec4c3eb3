"""A host's file systems: an overlay over the base tree, and one of its own for /var.

/var lies on a plain file system, as on a server with a partition for it: overlayfs cannot hold
containerd's snapshots. With a disk size it is a file of that size, so that it really fills up.

They are mounted in the mount namespace of the host's supervisor and nowhere else. So they go with
the host's last process, and no other program's namespace can hold a copy that keeps them busy.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.hosts.commands import run
from lab.hosts.names import Handle
from lab.hosts.paths import HostPaths

NSPAWN_RUNTIME = Path("/run/systemd/nspawn")


def mount(handle: Handle, paths: HostPaths, base: Path) -> None:
    """Mount the host's root and /var, and a place for nspawn's own run-time files.

    To be called in a mount namespace of its own. Raises LabError.
    """
    NSPAWN_RUNTIME.mkdir(parents=True, exist_ok=True)
    run(["mount", "-t", "tmpfs", "-o", "mode=0755", str(handle), str(NSPAWN_RUNTIME)])
    if paths.disk.exists():
        run(["mount", "-o", "loop", str(paths.disk), str(paths.var)])
    _fill_var(paths, base / "var")
    options = f"lowerdir={base},upperdir={paths.upper},workdir={paths.work}"
    run(["mount", "-t", "overlay", str(handle), "-o", options, str(paths.tree)])


def _fill_var(paths: HostPaths, source: Path) -> None:
    """Copy the base's /var once; a copy that was killed is made anew."""
    filled = paths.root / "var.filled"
    if filled.exists():
        return
    for old in paths.var.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    run(["cp", "--archive", "--reflink=auto", f"{source}/.", str(paths.var)])
    filled.touch()
