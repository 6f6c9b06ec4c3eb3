"""The tree in which mutmut works: the checkout, laid out as the names of its packages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = Path("ansible_collections/baremetal/sglang")
CONFIGURATION = Path(__file__).with_name("mutmut.toml")


def make(tree: Path) -> None:
    """Replace `tree` by a copy of the files that git knows, with mutmut's configuration.

    mutmut takes a module's name from its path, so plugins/ lies where the collection's name says.
    """
    shutil.rmtree(tree, ignore_errors=True)
    for name in files():
        below = COLLECTION if name.startswith("plugins/") else Path()
        target = tree / below / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    for package in COLLECTION.parents:
        if package != Path():
            (tree / package / "__init__.py").touch()
    shutil.copy2(CONFIGURATION, tree / "pyproject.toml")


def files() -> list[str]:
    """The checkout's files, committed or not, without what git ignores."""
    listed = git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return [name for name in sorted(listed) if (ROOT / name).is_file()]


def git(*arguments: str) -> str:
    """What git prints in the checkout."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
