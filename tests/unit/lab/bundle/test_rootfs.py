"""Root filesystems come out of a registry's storage and into archives as they were."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

from lab.bundle import rootfs


def keep(storage: Path, content: bytes) -> str:
    """Store a blob as docker-registry does; return its digest."""
    value = hashlib.sha256(content).hexdigest()
    place = storage / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    return f"sha256:{value}"


def layer(files: dict[str, str], scratch: Path) -> bytes:
    scratch.mkdir()
    for name, content in files.items():
        (scratch / name).write_text(content)
    archive = scratch.with_suffix(".tar")
    subprocess.run(["tar", "-C", str(scratch), "-cf", str(archive), "."], check=True)
    subprocess.run(["zstd", "-q", str(archive)], check=True)
    return archive.with_suffix(".tar.zst").read_bytes()


def test_layers_are_unpacked_in_order_and_the_environment_is_returned(tmp_path: Path) -> None:
    storage, root = tmp_path / "registry", tmp_path / "root"
    layers = [
        keep(storage, layer({"name": "below", "kept": "yes"}, tmp_path / "one")),
        keep(storage, layer({"name": "above"}, tmp_path / "two")),
    ]
    config = {"config": {"Env": ["PATH=/bin", "OPTION=a=b"]}}
    manifest = {
        "config": {"digest": keep(storage, json.dumps(config).encode())},
        "layers": [{"digest": digest} for digest in layers],
    }
    tags = storage / "docker/registry/v2/repositories/example.org/engine/_manifests/tags"
    (tags / "v1/current").mkdir(parents=True)
    (tags / "v1/current/link").write_text(keep(storage, json.dumps(manifest).encode()))
    root.mkdir()

    environment = rootfs.unpack_image(storage, root, image="example.org/engine", tag="v1")

    assert environment == {"PATH": "/bin", "OPTION": "a=b"}
    assert (root / "name").read_text() == "above"
    assert (root / "kept").read_text() == "yes"


def test_an_archive_is_the_same_whatever_the_times_and_holds_only_what_was_named(
    tmp_path: Path,
) -> None:
    contents = []
    for turn in ("first", "second"):
        root = tmp_path / turn
        (root / "taken").mkdir(parents=True)
        (root / "taken" / "file").write_text("content")
        (root / "left").write_text(turn)
        rootfs.archive(root, tmp_path / f"{turn}.tar", ["taken"])
        contents.append((tmp_path / f"{turn}.tar").read_bytes())
    assert contents[0] == contents[1]
    listing = subprocess.run(
        ["tar", "-tf", str(tmp_path / "first.tar")], capture_output=True, text=True, check=True
    )
    assert listing.stdout.split() == ["taken/", "taken/file"]


def test_times_are_fixed_on_links_too_and_not_on_what_they_point_at(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "root"
    outside.write_text("")
    before = outside.stat().st_mtime
    (inside / "directory").mkdir(parents=True)
    (inside / "directory" / "link").symlink_to(outside)
    rootfs.fix_times(inside)
    assert (inside / "directory").stat().st_mtime == 1767225600
    assert (inside / "directory" / "link").lstat().st_mtime == 1767225600
    assert outside.stat().st_mtime == before
