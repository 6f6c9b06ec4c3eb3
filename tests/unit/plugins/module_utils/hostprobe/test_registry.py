"""Images in the storage of a registry, without the registry."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.registry import images

NAME = "docker.io/lmsysorg/sglang:v1"
IMAGE = {"config": {"size": 5}, "layers": [{"size": 10}, {"size": 20}]}


def put(storage: Path, document: Any) -> str:
    """Store a manifest as the registry does; its digest."""
    text = document if isinstance(document, str) else json.dumps(document)
    value = hashlib.sha256(text.encode()).hexdigest()
    blob = storage / f"docker/registry/v2/blobs/sha256/{value[:2]}/{value}/data"
    blob.parent.mkdir(parents=True)
    blob.write_text(text)
    return f"sha256:{value}"


def tag(storage: Path, digest: str) -> None:
    tags = "docker/registry/v2/repositories/docker.io/lmsysorg/sglang/_manifests/tags"
    link = storage / tags / "v1/current/link"
    link.parent.mkdir(parents=True)
    link.write_text(digest)


def test_an_image_has_its_digest_and_the_bytes_of_its_parts(tmp_path: Path) -> None:
    digest = put(tmp_path / "srv/registry", IMAGE)
    tag(tmp_path / "srv/registry", digest)
    found = images(tmp_path, "/srv/registry", [NAME, "docker.io/lmsysorg/sglang:v2"])
    assert found == {NAME: {"digest": digest, "bytes": 35}}


def test_of_several_platforms_the_largest_that_is_there_counts(tmp_path: Path) -> None:
    small = put(tmp_path, {"config": {"size": 1}, "layers": []})
    large = put(tmp_path, IMAGE)
    several = [{"digest": small}, {"digest": large}, {"digest": f"sha256:{'0' * 64}"}]
    digest = put(tmp_path, {"manifests": several})
    tag(tmp_path, digest)
    assert images(tmp_path, "/", [NAME]) == {NAME: {"digest": digest, "bytes": 35}}


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_manifest_that_is_none_is_no_image(tmp_path: Path, text: str) -> None:
    tag(tmp_path, put(tmp_path, text))
    assert images(tmp_path, "/", [NAME]) == {}


def test_a_tag_without_its_manifest_is_no_image(tmp_path: Path) -> None:
    tag(tmp_path, f"sha256:{'0' * 64}")
    assert images(tmp_path, "/", [NAME]) == {}


def test_nothing_is_asked_of_a_host_without_a_registry(tmp_path: Path) -> None:
    assert images(tmp_path, "", []) == {}
    assert images(tmp_path, "/srv/none", [NAME]) == {}
