"""The lab that is asked: SOAK_MINUTES says how long; with KEEP_LAB the lab of the run before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab_driver import ROOT, Site

DEFAULT_MINUTES = "75"


@pytest.fixture(scope="session")
def minutes() -> int:
    """Minutes of the soak, from the environment."""
    return int(os.environ.get("SOAK_MINUTES", DEFAULT_MINUTES))


@pytest.fixture(scope="session")
def served() -> Iterator[Site]:
    """A lab of its own with its site; gone at the end without KEEP_LAB."""
    made = Site(Path(__file__).parent / "lab.yml", ROOT / "artifacts" / "soak")
    kept = "KEEP_LAB" in os.environ
    if not kept:
        made.lab("down")
    made.lab("up")
    made.write_inventory()
    run = made.play("site", log="soak")
    assert run.status == 0, run.output[-6000:]
    yield made
    if not kept:
        made.lab("down")
