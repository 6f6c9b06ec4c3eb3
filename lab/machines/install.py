"""QEMU as the catalogue wants it: asked for by ``up``, installed by the command ``install``.

The release of Debian whose own QEMU is too old has the wanted one in its backports, which are read
by an apt configuration of our own; the sources stay as they are. A later release has it itself.
"""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path

from lab.bundle import catalogue
from lab.hosts import machine
from lab.hosts.commands import Say, run
from lab.hosts.errors import LabError
from lab.machines import qemu

PART = "machine-packages"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
COMMAND = "python -m lab.machines install"


def require_qemu() -> str:
    """Return the version of this machine's QEMU.

    Raises LabError where there is none or its major version is below the catalogue's.
    """
    found, wanted = qemu.installed(), _part()["qemu"]
    if found is None or found[0] < wanted:
        has = f"QEMU {found[1]}" if found else "no QEMU"
        raise LabError(f"this machine has {has}, machines need {wanted} or newer; run: {COMMAND}")
    return found[1]


def ensure(say: Say) -> None:
    """Install what the catalogue's part names, unless it is there. Raises LabError."""
    part = _part()
    found = qemu.installed()
    if found and found[0] >= part["qemu"] and not _missing(part["packages"]):
        return
    with tempfile.TemporaryDirectory() as directory:
        options = []
        if _release(part["suite"]) == platform.freedesktop_os_release().get("VERSION_CODENAME"):
            options = _apt_options(Path(directory), part["suite"])
        say(f"apt-get install {' '.join(part['packages'])}")
        run(["apt-get", "-qq", *options, "update"])
        argv = ["apt-get", "-qq", "-y", *options, "--no-install-recommends", "install"]
        run(["env", "DEBIAN_FRONTEND=noninteractive", *argv, *part["packages"]])
    require_qemu()


def _part() -> catalogue.Part:
    return catalogue.load().part(PART)


def _missing(packages: list[str]) -> list[str]:
    argv = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n"]
    installed = run([*argv]).splitlines()
    return [name for name in packages if f"{name} installed" not in installed]


def _release(suite: str) -> str:
    """Return the release of Debian that ``suite`` belongs to."""
    return suite.removesuffix("-backports")


def _apt_options(directory: Path, suite: str) -> list[str]:
    """Return the options of an apt that prefers ``suite``; its lists lie in ``directory``."""
    mirror = machine.apt_settings().mirror
    sources = directory / "debian.list"
    names = dict.fromkeys((_release(suite), suite))
    lines = (f"deb [signed-by={KEYRING}] {mirror} {name} main\n" for name in names)
    sources.write_text("".join(lines), encoding="utf-8")
    (directory / "lists/partial").mkdir(parents=True)
    os.chmod(directory, 0o755)  # noqa: S103 - apt reads as a user of its own
    settings = (
        f"Dir::Etc::sourcelist={sources}",
        "Dir::Etc::sourceparts=-",
        f"Dir::State::lists={directory / 'lists'}",
        "Dir::Cache::pkgcache=",
        "Dir::Cache::srcpkgcache=",
        f"APT::Default-Release={suite}",
    )
    return [word for setting in settings for word in ("-o", setting)]
