"""Images are the same for the same programs and run as upstream's do."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

from lab.bundle.builder import Work
from lab.bundle.catalogue import load
from lab.bundle.images import IMAGES, build_image


def make_work(root: Path, name: str) -> Work:
    source, base = root / "source", root / "image-root"
    (source / "bin").mkdir(parents=True)
    for program in IMAGES[name].programs:
        (source / "bin" / program).write_text(program)
    (base / "files").mkdir(parents=True)
    certificates = root / "etc/ssl/certs"
    certificates.mkdir(parents=True)
    (certificates / "ca-certificates.crt").write_text("certificates")
    with tarfile.open(base / "files/root.tar", "w") as archive:
        archive.add(root / "etc", "./etc")
    for directory in ("scratch", "output"):
        (root / directory).mkdir()
    return Work(
        name=name,
        part={"source": "source", "tag": "v1", "version": "1"},
        scratch=root / "scratch",
        output=root / "output",
        build_cache=root,
        locks=root,
        needs={"source": source, "image-root": base},
        report=lambda _line: None,
    )


def manifest_and_config(layout: Path) -> tuple[Any, Any]:
    def blob(digest: str) -> Any:
        return json.loads((layout / "blobs/sha256" / digest.removeprefix("sha256:")).read_text())

    index = json.loads((layout / "index.json").read_text())
    manifest = blob(index["manifests"][0]["digest"])
    return manifest, blob(manifest["config"]["digest"])


def test_image_is_the_same_for_the_same_programs(tmp_path: Path) -> None:
    manifests = []
    for number in ("1", "2"):
        work = make_work(tmp_path / number, "lws")
        build_image(work, IMAGES["lws"])
        manifests.append(manifest_and_config(work.output / "oci")[0])
    assert manifests[0] == manifests[1]


def test_lws_runs_as_a_numeric_user(tmp_path: Path) -> None:
    work = make_work(tmp_path, "lws")
    build_image(work, IMAGES["lws"])
    config = manifest_and_config(work.output / "oci")[1]
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Entrypoint"] == ["/manager"]
    assert config["created"] == "2026-01-01T00:00:00Z"


def test_kube_proxy_shares_the_debian_layer(tmp_path: Path) -> None:
    layers = []
    for name in ("kube-proxy", "flannel"):
        work = make_work(tmp_path / name, name)
        shared = tmp_path / "root.tar"
        if not shared.exists():
            shutil.copyfile(work.needs["image-root"] / "files/root.tar", shared)
        shutil.copyfile(shared, work.needs["image-root"] / "files/root.tar")
        build_image(work, IMAGES[name])
        layers.append(manifest_and_config(work.output / "oci")[0]["layers"])
    assert [len(image) for image in layers] == [2, 2]
    assert layers[0][0] == layers[1][0]


def test_every_image_made_from_a_source_has_a_row_and_no_other() -> None:
    names = {
        name for name, part in load().parts.items() if part["kind"] == "image" and "source" in part
    }
    assert names == set(IMAGES)
