"""What goes into the router's image, and that it runs as nobody."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab.bundle import router
from lab.bundle.builder import Work
from lab.bundle.catalogue import load
from lab.bundle.recipes import recipes

PART = {"lock": "router.txt", "tag": "1", "python": "3.98"}


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A build whose Debian root is one file."""
    base = tmp_path / "engine-root/files"
    base.mkdir(parents=True)
    (tmp_path / "release").write_text("13")
    with tarfile.open(base / "root.tar", "w") as archive:
        archive.add(tmp_path / "release", "./etc/debian_version")
    for directory in ("scratch", "output"):
        (tmp_path / directory).mkdir()
    return Work(
        name="router",
        part=PART,
        scratch=tmp_path / "scratch",
        output=tmp_path / "output",
        build_cache=tmp_path,
        locks=tmp_path,
        needs={"engine-root": base.parent},
        report=lambda _line: None,
    )


def install(_work: Work, root: Path) -> Path:
    """In the place of the real installation: a package and a console script."""
    packages = root / "usr/local/lib/python3.98/dist-packages"
    for name in ("smg/__init__.py", "bin/smg"):
        (packages / name).parent.mkdir(parents=True)
        (packages / name).touch()
    return packages


def blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def test_the_catalogues_router_is_built_of_its_own_lock() -> None:
    recipe = recipes(load())["router"]
    assert recipe.build is router.build_image
    assert recipe.needs == ("engine-root",)
    assert {"router.txt", "router.py", "engine.py", "oci.py", "rootfs.py"} == {
        path.name for path in recipe.sources
    }
    assert all(path.is_file() for path in recipe.sources)


def test_the_image_is_the_packages_over_the_root_and_runs_as_nobody(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "install_packages", install)
    router.build_image(work)
    layout = work.output / "oci"
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest: dict[str, Any] = json.loads(blob(layout, entry["digest"]).read_text())
    config = json.loads(blob(layout, manifest["config"]["digest"]).read_text())["config"]
    assert config["User"] == "65532:65532"
    assert "Entrypoint" not in config
    root, packages = (blob(layout, layer["digest"]) for layer in manifest["layers"])
    with tarfile.open(root) as archive:
        assert archive.getnames() == ["./etc/debian_version"]
    with tarfile.open(packages) as archive:
        files = [member.name for member in archive if member.isfile()]
    assert files == ["usr/local/lib/python3.98/dist-packages/smg/__init__.py"]
