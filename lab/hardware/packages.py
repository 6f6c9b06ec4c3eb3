"""Debian packages of a simulated lowest layer, and signed flat repositories of them."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.bundle.apt import build_flat_repository
from lab.bundle.builder import run

MADE_BY = "This package is simulated: lab/hardware made it."


@dataclass(frozen=True)
class Simulated:
    """One package: `files` maps a path to its text, `fields` are those of deb-control(5).

    `programs` maps a path to a real program that is copied there, `said` is what the package says
    of itself.
    """

    name: str
    version: str
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, Path] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    said: str = "SIMULATED, drives nothing"


def build_repositories(directory: Path, repositories: Mapping[str, Sequence[Simulated]]) -> None:
    """Make each repository below `directory` anew, and the file `fingerprint` of their key."""
    with tempfile.TemporaryDirectory() as keys:
        for name, packages in repositories.items():
            place = directory / name
            if place.exists():
                shutil.rmtree(place)
            place.mkdir(parents=True)
            for package in packages:
                build(package, place)
            build_flat_repository(place, Path(keys))
        shown = run(["gpg", "--homedir", keys, "--list-keys", "--with-colons"])
    (fingerprint,) = re.findall(r"^fpr:*(\w+):", shown, re.MULTILINE)
    (directory / "fingerprint").write_text(f"{fingerprint}\n")


def build(package: Simulated, directory: Path) -> None:
    """Write the package to `directory`."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        readme = f"usr/share/doc/{package.name}/README.simulated"
        for path, text in {readme: f"{MADE_BY}\n{package.said}.\n", **package.files}.items():
            _write(root / path, text)
        for path, program in package.programs.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(program, root / path)
            (root / path).chmod(0o755)
        for name, text in package.scripts.items():
            _write(root / "DEBIAN" / name, text)
            (root / "DEBIAN" / name).chmod(0o755)
        lines = {
            "Package": package.name,
            "Version": package.version,
            "Architecture": "amd64",
            "Maintainer": "baremetal.sglang lab <lab@baremetal.invalid>",
            **package.fields,
            "Description": package.said,
        }
        control = "".join(f"{name}: {value}\n" for name, value in lines.items())
        _write(root / "DEBIAN/control", control)
        root.chmod(0o755)
        target = directory / f"{package.name}_{package.version}_amd64.deb"
        run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, target])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
