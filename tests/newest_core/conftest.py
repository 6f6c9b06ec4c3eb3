"""One lab for all tests of this directory; the site runs once on its bare hosts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab_driver import ROOT, Run, Site
from tests.newest_core.controller import Controller


@pytest.fixture(scope="session")
def controller() -> Iterator[Controller]:
    """Bare hosts and a controller; with KEEP_LAB those of the run before, and they stay."""
    site = Site(Path(__file__).parent / "lab.yml", ROOT / "artifacts" / "newest-core")
    kept = "KEEP_LAB" in os.environ
    if not kept:
        site.lab("down")
    shutil.rmtree(site.directory, ignore_errors=True)
    site.lab("up")
    made = Controller(site)
    made.prepare()
    yield made
    if not kept:
        site.lab("down")


@pytest.fixture(scope="session")
def served(controller: Controller) -> Run:
    """The first run of the site."""
    run = controller.play("site", log="site")
    print(f"\nsite with the newest ansible-core: {run.seconds:.0f} s")
    assert run.status == 0, run.output[-6000:]
    return run
