"""NVIDIA's container toolkit for lab hosts, and the SIMULATED driver that it reads.

python -m lab.hardware.toolkit_packages DIRECTORY

makes below DIRECTORY the file `fingerprint` of a key, two flat repositories signed with it, and
`driver/VERSION`, the libraries of two versions of a driver:

- `toolkit`: the package of the catalogue's part nvidia-container-toolkit, and a later version. Its
  programs and units are NVIDIA's own, built from the catalogue's Go module
  (python -m lab.bundle --set toolkit); the package around them is made here, by
  packaging/debian of that module.
- `legacy`: packages under the names of NVIDIA's archived repositories, which hold nothing.
- the libraries are lab/hardware/nvml.c and an empty libcuda.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.bundle.builder import run
from lab.bundle.built import part
from lab.bundle.catalogue import load
from lab.hardware.packages import Simulated, build_repositories

PROGRAMS = ("nvidia-cdi-hook", "nvidia-container-runtime", "nvidia-ctk")
SERVICE = "nvidia-cdi-refresh.service"
# Where packaging/debian/nvidia-container-toolkit-base.install puts what the part has.
FILES = {
    "nvidia-cdi-refresh.env": "etc/nvidia-container-toolkit",
    "nvidia-cdi-refresh.path": "usr/lib/systemd/system",
    SERVICE: "usr/lib/systemd/system",
    "10-container-engines.conf": f"usr/lib/systemd/system/{SERVICE}.d",
}
POSTINST = """#!/bin/sh
set -e
config=/etc/nvidia-container-runtime/config.toml
/usr/bin/nvidia-ctk --quiet config --config-file=$config --in-place
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
"""
LATER_TOOLKIT = "999.0.0-1"
LATER_DRIVER = "999.01"


def repositories(version: str, source: Path) -> dict[str, list[Simulated]]:
    """Packages by the name of their repository; `source` is the built part container-toolkit."""
    files = {
        f"{place}/{name}": (source / "files" / name).read_text() for name, place in FILES.items()
    }
    toolkit = [
        Simulated(
            "nvidia-container-toolkit-base",
            each,
            files=files,
            programs={f"usr/bin/{name}": source / "bin" / name for name in PROGRAMS},
            scripts={"postinst": POSTINST},
            said="NVIDIA's own programs in a package of the lab",
        )
        for each in (version, LATER_TOOLKIT)
    ]
    legacy = [
        Simulated(name, "3.14.0-1") for name in ("nvidia-docker2", "nvidia-container-runtime")
    ]
    return {"toolkit": toolkit, "legacy": legacy}


def driver_versions(driver: Mapping[str, Any]) -> tuple[str, str]:
    """The catalogue's version of the driver, and a later one of its branch."""
    version = str(driver["version"])
    return version, f"{version.partition('.')[0]}.{LATER_DRIVER}"


def build_driver(version: str, directory: Path) -> None:
    """Compile the libraries of one version of the simulated driver into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    shared = [
        "gcc",
        "-O1",
        "-fPIC",
        "-shared",
        "-fvisibility=hidden",
        "-Wall",
        "-Wextra",
        "-Werror",
    ]
    nvml = Path(__file__).with_name("nvml.c")
    for name, origin in (
        ("nvidia-ml", [f'-DVERSION="{version}"', nvml]),
        ("cuda", ["-xc", "/dev/null"]),
    ):
        target = directory / f"lib{name}.so.{version}"
        run([*shared, f"-Wl,-soname,lib{name}.so.1", "-o", target, *origin])


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m lab.hardware.toolkit_packages")
    parser.add_argument("directory", type=Path)
    asked = parser.parse_args(arguments)
    catalogue = load()
    version = catalogue.part("nvidia-container-toolkit")["version"]
    build_repositories(asked.directory, repositories(version, part("container-toolkit")))
    for driver in driver_versions(catalogue.part("nvidia-driver")):
        build_driver(driver, asked.directory / "driver" / driver)


if __name__ == "__main__":
    main()
