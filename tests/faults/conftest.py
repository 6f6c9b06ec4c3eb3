"""One lab for all faults; the tests run in the order of their files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab_driver import ROOT, Site


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Bare hosts, or with KEEP_LAB those of the run before; gone at the end without KEEP_LAB."""
    made = Site(Path(__file__).parent / "lab.yml", ROOT / "artifacts" / "faults")
    kept = "KEEP_LAB" in os.environ
    if not kept:
        made.lab("down")
        shutil.rmtree(made.directory, ignore_errors=True)
    made.lab("up")
    made.write_inventory()
    yield made
    if not kept:
        made.lab("down")
