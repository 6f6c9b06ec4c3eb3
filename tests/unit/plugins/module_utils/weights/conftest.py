from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.plugins.module_utils.weights.bench import (
    Model,
    WebServer,
    make_model,
    run,
    web_server,
)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return make_model(tmp_path / "source")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A weights root that does not exist yet, below a directory that does not exist either."""
    return tmp_path / "var" / "models"


@pytest.fixture
def server(model: Model) -> Iterator[WebServer]:
    with web_server(model.path) as running:
        yield running


@pytest.fixture
def published(model: Model, root: Path) -> Path:
    """The version of a model that a run brought."""
    run(root, model.url)
    return root / model.version


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)
