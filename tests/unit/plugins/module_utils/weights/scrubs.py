"""Scrubs of the tests' model: a published model, bits that rot in it, and one run over it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub import Scrub
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_spec import (
    ScrubSpec,
    parse_scrub_spec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import Verifier

from tests.unit.plugins.module_utils.weights.bench import WAITLESS, Model, flip, tree

BY = Verifier("weights-scrub", "1.2.3", "node1", "invocation")


def configuration(root: Path, sources: Sequence[str], **values: Any) -> dict[str, Any]:
    """What the role writes for a model, with short times."""
    return {
        "name": "m",
        "destination": str(root),
        "sources": list(sources),
        "bytes_per_second": 0,
        "timeout_seconds": 5,
        "retries": 0,
        "metrics_directory": "",
        **values,
    }


def spec(root: Path, sources: Sequence[str], **values: Any) -> ScrubSpec:
    text = json.dumps(configuration(root, sources, **values))
    return parse_scrub_spec(text.encode(), "a test")


def scrub(
    root: Path, *sources: str, clock: Clock = WAITLESS, **values: Any
) -> tuple[tuple[str, ...], list[str]]:
    """One run: what stays wrong, and the lines that it said."""
    said: list[str] = []
    wrong = Scrub(spec(root, sources, **values), BY, clock, said.append).run()
    return wrong, said


def state(root: Path, version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / version / ".scrub.json").read_text())
    return found


def rot(path: Path, at: int = -1) -> None:
    """Change one bit and set the file's times back; the kernel keeps its own change time."""
    before = path.stat()
    flip(path, at)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def holds(published: Path, model: Model) -> bool:
    return all(
        (published / name).read_bytes() == (model.path / name).read_bytes() for name in model.names
    )


def files(published: Path) -> dict[str, object]:
    return {n: v for n, v in tree(published).items() if not n.startswith(".")}
