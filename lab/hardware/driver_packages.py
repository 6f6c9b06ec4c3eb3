"""SIMULATED NVIDIA packages for lab hosts: real names, versions and dependencies, no driver.

python -m lab.hardware.driver_packages DIRECTORY --kernel RELEASE

makes below DIRECTORY the file `fingerprint` of a key and two flat repositories signed with it:
`driver`, with the packages of the catalogue's part nvidia-driver for Debian 13 and a later version
of each, and `archive`, with what the distribution's own archive would give (dkms, the headers of
kernel RELEASE).

No reachable repository has NVIDIA's packages, and a lab host has the machine's kernel. So what lies
in these is the lowest layer alone: files that say that they are simulated, a directory that looks
like headers, and two units that sleep. Of the fabric manager's behaviour one thing is kept: it
does not start beside a module of another version. Nobody here has seen NVIDIA's control files of
this branch: the dependencies are modelled on Debian's packages of the same names, and that of the
modules on firmware-nvidia-gsp on a third party's packages.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab.bundle.catalogue import load
from lab.hardware.packages import MADE_BY, Simulated, build_repositories

DISTRIBUTION = "debian-13"
UNITS = "usr/lib/systemd/system"
LATER = "999.01"
DAEMON = """[Unit]
Description=SIMULATED {name} {version}

[Service]
ExecStartPre=/bin/sh -c 'test "$$(cat /sys/module/nvidia/version)" = {version}'
ExecStart=/bin/sleep infinity

[Install]
WantedBy=multi-user.target
"""


def driver(version: str, revision: str) -> Iterator[Simulated]:
    """The packages of one version of the driver, as NVIDIA's repository for Debian names them."""
    full = f"{version}-{revision}"
    modules = {"Depends": f"dkms, firmware-nvidia-gsp (= {full})"}
    yield Simulated("firmware-nvidia-gsp", full)
    yield Simulated("libcuda1", full)
    for name, other in (
        ("nvidia-kernel-open-dkms", "nvidia-kernel-dkms"),
        ("nvidia-kernel-dkms", "nvidia-kernel-open-dkms"),
    ):
        yield Simulated(name, full, {**modules, "Conflicts": other, "Replaces": other})
    needs = (
        f"libcuda1 (= {full}), nvidia-persistenced (= {full}), "
        f"nvidia-kernel-open-dkms (= {full}) | nvidia-kernel-dkms (= {full})"
    )
    yield Simulated("nvidia-driver-cuda", full, {"Depends": needs})
    for name in ("nvidia-persistenced", "nvidia-fabricmanager"):
        unit = DAEMON.format(name=name, version=version)
        yield Simulated(name, full, files={f"{UNITS}/{name}.service": unit})


def archive(kernel: str) -> Iterator[Simulated]:
    """What Debian's own archive has for a kernel."""
    headers = {f"usr/lib/modules/{kernel}/build/Makefile": f"{MADE_BY}\n"}
    yield Simulated("dkms", "3.2.0-1")
    yield Simulated(f"linux-headers-{kernel}", "1-1", files=headers)


def repositories(part: Mapping[str, Any], kernel: str) -> dict[str, list[Simulated]]:
    """Packages by the name of their repository. The pin has to leave the toolkit alone."""
    version, revision = part["version"], part["distributions"][DISTRIBUTION]["revision"]
    later = f"{version.partition('.')[0]}.{LATER}"
    toolkit = Simulated("nvidia-container-toolkit", "1.0.0-1")
    return {
        "driver": [*driver(version, revision), *driver(later, revision), toolkit],
        "archive": list(archive(kernel)),
    }


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m lab.hardware.driver_packages")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--kernel", required=True)
    asked = parser.parse_args(arguments)
    made = repositories(load().part("nvidia-driver"), asked.kernel)
    build_repositories(asked.directory, made)


if __name__ == "__main__":
    main()
