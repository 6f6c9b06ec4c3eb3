"""A bundle is put together by hard links, in one rename, and says what it holds."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lab.bundle import bundle
from lab.bundle.__main__ import table
from lab.bundle.builder import BuildError
from lab.bundle.catalogue import Catalogue
from lab.bundle.store import Built

CATALOGUE = Catalogue(
    parts={
        "kubernetes": {"kind": "source", "version": "1.98.7", "module": "k8s.io/kubernetes"},
        "kubeadm": {"kind": "deb", "version": "1.98.7-1.1", "source": "kubernetes"},
        "tools": {"kind": "debian", "version": 13, "suite": "trixie"},
        "pause": {
            "kind": "image",
            "version": "3.97.2",
            "source": "kubernetes",
            "image": "registry.k8s.io/pause",
            "tag": "3.97.2",
        },
        "small": {
            "kind": "model",
            "version": "1",
            "directory": "small-model",
            "lock": "engine-model.txt",
        },
    },
    sets={},
)
LINK = "docker/registry/v2/repositories/registry.k8s.io/pause/_manifests/tags/3.97.2/current/link"


def make_deb(directory: Path, name: str, version: str) -> None:
    root = directory / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
        "Maintainer: x <x@x>\nDescription: x\n"
    )
    target = directory / f"{name}_{version}_amd64.deb"
    subprocess.run(["dpkg-deb", "--build", root, target], check=True, capture_output=True)
    shutil.rmtree(root)


@pytest.fixture
def built(tmp_path: Path) -> dict[str, Built]:
    parts = {}
    for name in ("kubeadm", "tools", "pause", "small"):
        directory = tmp_path / "parts" / name
        directory.mkdir(parents=True)
        version = str(CATALOGUE.part(name)["version"])
        parts[name] = Built(name, version, "0", directory, 1.5)
    make_deb(parts["kubeadm"].directory, "kubeadm", "1.98.7-1.1")
    make_deb(parts["tools"].directory, "socat", "1.8")
    (parts["pause"].directory / "registry" / LINK).parent.mkdir(parents=True)
    (parts["pause"].directory / "registry" / LINK).write_text("sha256:4fe9")
    (parts["small"].directory / "model").mkdir()
    (parts["small"].directory / "model/SHA256SUMS").write_text("0  a\n")
    return parts


@pytest.fixture
def made(tmp_path: Path, built: dict[str, Built]) -> bundle.Bundle:
    root = tmp_path / "bundle"
    bundle.assemble(root, "k1", built=built, made_from={}, catalogue=CATALOGUE)
    return bundle.read(root / "k1")


def test_bundle_is_three_repositories_and_an_index(made: bundle.Bundle) -> None:
    names = sorted(path.name for path in made.directory.iterdir())
    assert names == ["apt", "bundle.yml", "models", "registry"]
    assert (made.directory / "apt/pool/kubeadm_1.98.7-1.1_amd64.deb").exists()
    assert (made.directory / "models/small-model/SHA256SUMS").read_text() == "0  a\n"


def test_files_of_parts_are_not_copied(made: bundle.Bundle, built: dict[str, Built]) -> None:
    part = built["pause"].directory / "registry" / LINK
    assert (made.directory / "registry" / LINK).samefile(part)


def test_index_pins_every_part_by_content(made: bundle.Bundle) -> None:
    assert made.parts["pause"]["digest"] == "sha256:4fe9"
    assert len(made.parts["kubeadm"]["sha256"]) == 64
    (package,) = made.parts["tools"]["packages"]
    assert (package["name"], package["version"]) == ("socat", "1.8")


def test_index_says_where_a_part_comes_from(made: bundle.Bundle) -> None:
    origins = {name: part["origin"] for name, part in made.parts.items()}
    assert origins == {
        "kubeadm": "Go module k8s.io/kubernetes v1.98.7",
        "tools": "Debian trixie",
        "pause": "Go module k8s.io/kubernetes v1.98.7",
        "small": "Python packages of catalogue/locks/engine-model.txt",
    }


def test_list_has_a_row_for_every_part_and_the_sum(made: bundle.Bundle) -> None:
    lines = table(made).splitlines()
    assert lines[0].split() == ["part", "version", "MB", "peak", "MB", "seconds", "origin"]
    assert [line.split()[0] for line in lines[1:]] == [
        *("kubeadm", "tools", "pause", "small", "all", "made")
    ]
    assert lines[5].split()[-1] == "6.0"


def test_missing_bundle_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"run python -m lab\.bundle"):
        bundle.read(tmp_path)


def test_current_is_replaced_in_one_step(tmp_path: Path) -> None:
    for key in ("k1", "k2"):
        (tmp_path / key).mkdir()
        bundle.point_at(tmp_path, key)
    assert (tmp_path / "current").readlink() == Path("k2")


def test_unused_bundle_is_removed_and_the_current_one_kept(tmp_path: Path) -> None:
    for key in ("old-key-that-nothing-mounts", "k2"):
        (tmp_path / key).mkdir()
        (tmp_path / key / "bundle.yml").touch()
    bundle.point_at(tmp_path, "k2")
    bundle.remove_unused(tmp_path, "k2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "k2"]
