"""Lock file of what a GPU machine without network lacks to run the engine (tests/gpu).

The machine brings torch and what torch needs, `present` in the catalogue: those take part in the
resolution and are left out of the file.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lab.bundle import engine_lock
from lab.bundle.builder import run
from lab.bundle.catalogue import LOCKS, Part
from lab.bundle.golang import UV

# The part that says for which machine the lock is.
MACHINE_PART = "sglang-kernel"
USE = "gpu-test"


def locked_parts(parts: Mapping[str, Part]) -> dict[str, Part]:
    """The parts of the lock, and those of other locks that stand `beside` one of them."""
    own = {name: part for name, part in parts.items() if part.get("use") == USE}
    beside = [other for part in own.values() for other in part.get("beside", [])]
    return {**own, **{name: parts[name] for name in beside}}


def write(target: Path, parts: Mapping[str, Part]) -> None:
    """Write the lock below `target`."""
    machine, locked = parts[MACHINE_PART], locked_parts(parts)
    lock = target / str(machine["lock"])
    lock.parent.mkdir(parents=True, exist_ok=True)
    if (LOCKS / lock.name).exists():  # uv keeps the versions of an output where they still fit
        shutil.copy(LOCKS / lock.name, lock)
    # What is in the engine's image as well has the same version here.
    options = ["--constraints", str(LOCKS / str(parts[engine_lock.ENGINE_PART]["lock"]))]
    options += ["--python-version", str(machine["python"])]
    options += ["--python-platform", str(machine["platform"])]
    options += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
    options += [item for name in machine["present"] for item in ("--no-emit-package", name)]
    with tempfile.TemporaryDirectory() as scratch:
        configuration = Path(scratch, "uv.toml")
        configuration.write_text(engine_lock.metadata(locked))
        options += ["--config-file", str(configuration), "--output-file", str(lock)]
        requirements = engine_lock.pins(locked).encode()
        run([UV, "--quiet", "pip", "compile", "-", *options], stdin=requirements)
