"""One resume of the machines for all tests of this directory. Needs root and /dev/net/tun."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.machines.qemu import TUN
from tests.machines import booted, storage
from tests.machines.booted import Booted
from tests.machines.storage import StorageSite


@pytest.fixture(scope="session")
def machines() -> Iterator[Booted]:
    """New machines; with KEEP_LAB those of the run before, and they stay."""
    if not TUN.exists():
        pytest.skip(f"this machine lacks {TUN}")
    kept = "KEEP_LAB" in os.environ
    if not kept:
        booted.command("down")
    started = time.monotonic()
    booted.command("up")
    print(f"\nmachines up: {time.monotonic() - started:.0f} s")
    yield Booted(booted.status())
    if not kept:
        booted.command("down")
        assert booted.traces() == []


@pytest.fixture
def inventory(machines: Booted, tmp_path: Path) -> Path:
    """A site on the machines; the directory's name is the site's."""
    return machines.write_inventory(tmp_path / "machines")


@pytest.fixture(scope="session")
def site(machines: Booted, tmp_path_factory: pytest.TempPathFactory) -> StorageSite:
    """A site whose first machine serves the models of its disks to the second."""
    return storage.make(machines, tmp_path_factory.mktemp("storage") / "machines")
