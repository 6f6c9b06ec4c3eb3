"""Lock files of the engine's image and of the model's converter, made from the catalogue.

The catalogue's `requires` of a package replaces what the package itself requires: SGLang and
torch require what only a GPU uses.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lab.bundle.builder import run
from lab.bundle.catalogue import LOCKS, Part
from lab.bundle.golang import UV

ENGINE_PART = "sglang-cpu"
USE = "engine"


def write(target: Path, parts: Mapping[str, Part]) -> None:
    """Write the locks of all parts whose use is `engine` below `target`."""
    engine = parts[ENGINE_PART]
    used = {name: part for name, part in parts.items() if part.get("use") == USE}
    for lock in sorted({str(part["lock"]) for part in used.values()}):
        packages = {name: part for name, part in used.items() if part["lock"] == lock}
        with tempfile.TemporaryDirectory() as scratch:
            configuration = Path(scratch, "uv.toml")
            configuration.write_text(metadata(packages))
            _compile(target / lock, pins(packages), configuration, engine)


def pins(packages: Mapping[str, Part]) -> str:
    """Requirement lines of the packages."""
    return "".join(
        f"{part.get('package', name)}=={part['version']}\n" for name, part in packages.items()
    )


def metadata(packages: Mapping[str, Part]) -> str:
    """Configuration of uv that replaces the requirements of packages that have `requires`."""
    # A list of strings is the same in JSON and TOML.
    return "".join(
        f"[[dependency-metadata]]\n"
        f'name = "{part.get("package", name)}"\n'
        f'version = "{part["version"]}"\n'
        f"requires-dist = {json.dumps(list(part['requires']))}\n"
        for name, part in packages.items()
        if "requires" in part
    )


def _compile(lock: Path, requirements: str, configuration: Path, engine: Part) -> None:
    lock.parent.mkdir(parents=True, exist_ok=True)
    kept = LOCKS / lock.name
    if kept.exists():  # uv keeps the versions of an existing output where they still fit
        shutil.copy(kept, lock)
    options = ["--python-version", str(engine["python"])]
    options += ["--python-platform", str(engine["platform"])]
    options += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
    options += ["--config-file", str(configuration), "--output-file", str(lock)]
    run([UV, "--quiet", "pip", "compile", "-", *options], stdin=requirements.encode())
