"""A model leaves the builder with an index and a list that `sha256sum --check` accepts."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from lab.bundle import model
from lab.bundle.builder import BuildError
from lab.bundle.catalogue import Catalogue

INDEX = "model.safetensors.index.json"


def converted(directory: Path) -> Path:
    directory.mkdir()
    for name in ("model-00001-of-00001.safetensors", INDEX, "config.json"):
        (directory / name).write_text(name)
        (directory / name).chmod(0o600)
    return directory


def test_the_list_is_sorted_leaves_itself_out_and_passes_sha256sum(tmp_path: Path) -> None:
    target = tmp_path / "model"
    model.publish(converted(tmp_path / "converted"), target)
    lines = (target / "SHA256SUMS").read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == [
        "config.json",
        "model-00001-of-00001.safetensors",
        INDEX,
    ]
    assert lines[0] == (
        "587cb980af76fdc7e52369fd0b9d926dff266976b6f8ac631e358fecc49ff8cf  config.json"
    )
    check = ["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"]
    assert subprocess.run(check, cwd=target, check=False).returncode == 0
    (target / "config.json").write_text("changed")
    assert subprocess.run(check, cwd=target, check=False, capture_output=True).returncode == 1


def test_every_file_is_readable_by_the_engines_user(tmp_path: Path) -> None:
    target = tmp_path / "model"
    model.publish(converted(tmp_path / "converted"), target)
    assert {path.stat().st_mode & 0o777 for path in target.iterdir()} == {0o644}
    assert target.stat().st_mode & 0o777 == 0o755


def test_a_conversion_without_an_index_is_refused(tmp_path: Path) -> None:
    directory = converted(tmp_path / "converted")
    (directory / INDEX).unlink()
    with pytest.raises(BuildError, match="no index of its shards"):
        model.publish(directory, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_model_needs_the_engine_that_converts_it() -> None:
    parts = {
        "sglang-cpu": {"kind": "image", "image": "docker.io/lmsysorg/sglang", "tag": "v0"},
        "tiny": {"kind": "model", "lock": "engine-model.txt"},
    }
    recipe = model.recipe("tiny", Catalogue(parts=parts, sets={}))
    assert recipe.needs == ("sglang-cpu",)
    assert {path.name for path in recipe.sources} == {
        "model.py",
        "rootfs.py",
        "convert_gguf.py",
        "engine-model.txt",
    }
    assert all(path.is_file() for path in recipe.sources)


def test_a_model_with_another_list_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "model"
    model.publish(converted(tmp_path / "converted"), target)
    found = hashlib.sha256((target / "SHA256SUMS").read_bytes()).hexdigest()
    model.check(target, found)
    with pytest.raises(BuildError, match=f"has SHA-256 {found}, catalogue/parts.yml pins 00"):
        model.check(target, "00")
