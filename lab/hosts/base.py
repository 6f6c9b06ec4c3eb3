"""Base trees: Debian as it comes from a bare installation with ssh, built once and kept by content.

A tree's key covers all that goes in: the suite, the package list, the machine's kernel and
certificates, and the files of ``guest/``. Two machines of the same kind get the same key.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from lab.hosts import machine
from lab.hosts.commands import Say, require, run
from lab.hosts.locks import exclusive
from lab.hosts.machine import AptSettings, Kernel
from lab.hosts.paths import Cache

GUEST_FILES = Path(__file__).resolve().parent / "guest"
# What Debian's installer leaves on a server with ssh, less what needs a kernel or disk of its own.
PACKAGES = (
    "ca-certificates",
    "curl",
    "dbus",
    "gnupg",
    "iproute2",
    "iputils-ping",
    "kmod",
    "less",
    "libpam-systemd",
    "netbase",
    "nftables",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tzdata",
    "udev",
)
RECIPE = 2  # raise when build() itself changes what comes out
ENABLED = ("systemd-networkd.service", "ssh.service", "lab-init.service")
# networkd-wait-online waits for a route that hosts do not have; apt's timers take dpkg's lock.
MASKED = (
    "systemd-networkd-wait-online.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
)
LOCAL_CERTIFICATES = "usr/local/share/ca-certificates"


def key(suite: str, kernel: Kernel, certificates: tuple[Path, ...]) -> str:
    """Return the name of the tree: the suite and 12 hex digits of the SHA-256 of its inputs."""
    digest = hashlib.sha256()
    for text in (str(RECIPE), suite, *PACKAGES, *ENABLED, *MASKED, repr(kernel)):
        digest.update(text.encode() + b"\0")
    for path in (*certificates, *sorted(GUEST_FILES.rglob("*"))):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{suite}-{digest.hexdigest()[:12]}"


def ensure(cache: Cache, suite: str, kernel: Kernel, say: Say) -> Path:
    """Return the tree of ``suite``, built now if it is not there.

    A killed build leaves nothing that a later one takes for a tree. Raises LabError.
    """
    certificates = machine.certificates()
    tree = cache.bases / key(suite, kernel, certificates)
    if tree.is_dir():
        return tree
    require("mmdebstrap", "setpriv", "unshare")
    cache.bases.mkdir(parents=True, exist_ok=True)
    with exclusive(cache.bases / ".lock"):
        if tree.is_dir():
            return tree
        say(f"base {tree.name}: building from {suite}'s packages")
        started = time.monotonic()
        building = cache.bases / ".building"
        if building.exists():
            shutil.rmtree(building)
        debootstrap(building, suite, PACKAGES, machine.apt_settings())
        _prepare(building, kernel, certificates)
        _drop_unused(cache)
        building.rename(tree)
        say(f"base {tree.name}: built in {time.monotonic() - started:.0f} s")
        return tree


def _drop_unused(cache: Cache) -> None:
    """Remove trees of other keys that no host was booted from."""
    jobs = [path.read_text(encoding="utf-8") for path in cache.labs.glob("*/hosts/*/job.json")]
    for tree in cache.bases.glob("[!.]*"):
        if not any(str(tree) in job for job in jobs):
            shutil.rmtree(tree)


def debootstrap(
    target: Path, suite: str, packages: Iterable[str], apt: AptSettings, *options: str
) -> None:
    """Make a Debian system with ``packages`` in ``target``; ``options`` are mmdebstrap's.

    Raises LabError.
    """
    # A killed caller takes the build along; mounts and processes go with the build's namespaces.
    argv = ["setpriv", "--pdeathsig", "KILL"]
    argv += ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    argv += ["mmdebstrap", "--mode=root", "--variant=apt", f"--include={','.join(packages)}"]
    argv += [f"--aptopt={option}" for option in apt.options]
    # Manuals and translations are a third of the files and nobody reads them here.
    argv += [
        f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("man", "locale", "doc", "info")
    ]
    argv += ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    run([*argv, *options, suite, str(target), apt.mirror])


def forget_machine(tree: Path) -> None:
    """Remove from a new system what is this machine's, and what each copy must have of its own."""
    for leftover in ("dpkg/dpkg.cfg.d/99mmdebstrap", "apt/apt.conf.d/99mmdebstrap"):
        (tree / "etc" / leftover).unlink(missing_ok=True)
    (tree / "etc/apt/sources.list").unlink(missing_ok=True)
    for host_key in (tree / "etc/ssh").glob("ssh_host_*_key*"):
        host_key.unlink()
    (tree / "etc/machine-id").write_text("")
    for name in ("hostname", "resolv.conf"):  # mmdebstrap copies the machine's
        (tree / "etc" / name).write_text("")
    # Lists that look old make apt fetch them anew once a host has a repository.
    os.utime(tree / "var/lib/apt/lists", (0, 0))


def _prepare(tree: Path, kernel: Kernel, certificates: tuple[Path, ...]) -> None:
    forget_machine(tree)
    for certificate in certificates:
        shutil.copy(certificate, tree / LOCAL_CERTIFICATES / certificate.name)
    shutil.copytree(GUEST_FILES, tree, dirs_exist_ok=True)
    (tree / "usr/local/sbin/lab-init").chmod(0o755)
    if not kernel.module_tree:
        _list_builtin_modules(tree, kernel)
    for argv in (
        ["update-ca-certificates"],
        ["systemctl", "enable", *ENABLED],
        ["systemctl", "mask", *MASKED],
    ):
        run(["chroot", str(tree), *argv])


def _list_builtin_modules(tree: Path, kernel: Kernel) -> None:
    """Let modprobe answer truthfully: success for code that is in the kernel, failure otherwise."""
    modules = tree / "lib/modules" / kernel.release
    modules.mkdir(parents=True)
    (modules / "modules.builtin").write_text("".join(f"{path}\n" for path in kernel.builtin))
    (modules / "modules.order").write_text("")
    run(["chroot", str(tree), "depmod", kernel.release])
