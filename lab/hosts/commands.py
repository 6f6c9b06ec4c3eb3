"""Running other programs: one function, whose error holds the command and what it said."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence

from lab.hosts.errors import LabError

Say = Callable[[str], None]  # how progress reaches the person who waits
# Debian's package of each program that the lab needs on the machine.
PACKAGES = {
    "depmod": "kmod",
    "ip": "iproute2",
    "losetup": "mount",
    "mke2fs": "e2fsprogs",
    "mkfs.ext4": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nft": "nftables",
    "nsenter": "util-linux",
    "qemu-img": "qemu-utils",
    "setpriv": "util-linux",
    "sfdisk": "fdisk",
    "slirp4netns": "slirp4netns",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(argv: Sequence[str], *, stdin: str = "") -> str:
    """Run ``argv`` and return what it wrote to stdout.

    Raises LabError with the command and its last lines of output when it fails.
    """
    # close_fds: a program that outlives a killed `up` keeps the lab's lock until it has ended.
    done = subprocess.run(
        list(argv),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        errors="replace",
        close_fds=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-15:]
        raise LabError(
            f"{shlex.join(argv)}: exit status {done.returncode}: " + ("\n  ".join(said) or "silent")
        )
    return done.stdout


def require(*programs: str) -> None:
    """Raise LabError that names every missing program and the packages that bring them."""
    missing = [program for program in programs if not shutil.which(program, path=SYSTEM_PATH)]
    if missing:
        packages = sorted({PACKAGES[program] for program in missing})
        raise LabError(
            f"this machine lacks {', '.join(sorted(missing))}; "
            f"run: apt-get install --no-install-recommends {' '.join(packages)}"
        )
