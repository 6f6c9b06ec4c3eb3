"""The bundle against the catalogue."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import (
    Bundle,
    bundle_faults,
    engine_image_faults,
    list_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    Directory,
    Image,
)

from tests.unit.plugins.module_utils.intent.samples import CATALOGUE

MANIFEST: dict[str, Any] = {
    "schema": 1,
    "parts": {
        name: {"version": CATALOGUE.parts[name]["version"], "bytes": 1}
        for name in ("kube-apiserver", "kubelet", "kubeadm", "smollm2")
    },
}
PRESENT = {"apt": True, "registry": True, "models": True}


def found(manifest: Any, error: str = "", present: dict[str, bool] = PRESENT) -> list[str]:
    bundle = Bundle("cp1", "/srv/bundle", error, manifest, present)
    return [f"{f.code}: {f.found}" for f in bundle_faults(bundle, CATALOGUE, "smollm2")]


def parts(**changes: Any) -> dict[str, Any]:
    manifest = copy.deepcopy(MANIFEST)
    for name, part in changes.items():
        manifest["parts"][name] = part
    return manifest


def test_a_whole_bundle_has_no_fault() -> None:
    assert found(MANIFEST) == []


@pytest.mark.parametrize(
    ("manifest", "faults"),
    [
        ("parts: [", ["bundle_unreadable: no mapping with parts"]),
        ({"schema": 1}, ["bundle_unreadable: no mapping with parts"]),
        ({"schema": 1, "parts": []}, ["bundle_unreadable: no mapping with parts"]),
        ({**MANIFEST, "schema": 2}, ["bundle_unreadable: schema 2"]),
        (parts(kubelet=None), ["bundle_part_missing: no part kubelet"]),
        (parts(kubelet={"version": "1.29.0-1.1"}), ["bundle_part_version: kubelet 1.29.0-1.1"]),
        (parts(smollm2="x"), ["model_not_in_bundle: no part smollm2"]),
        (parts(smollm2={"version": 2}), ["bundle_part_version: smollm2 2"]),
        (parts(other={"version": "1"}), []),
    ],
)
def test_each_part_is_there_in_the_version_of_the_catalogue(
    manifest: Any, faults: list[str]
) -> None:
    assert found(manifest) == faults


def test_a_manifest_that_cannot_be_read_is_the_only_fault() -> None:
    nothing = dict.fromkeys(PRESENT, False)
    assert found(None, "no such file or directory", nothing) == [
        "bundle_missing: no such file or directory"
    ]


def test_each_missing_repository_is_a_fault() -> None:
    assert found(MANIFEST, present={"apt": False, "models": True, "registry": False}) == [
        "bundle_repository_missing: no apt",
        "bundle_repository_missing: no registry",
    ]


def test_a_model_outside_the_catalogue_is_left_to_the_rule_for_models() -> None:
    bundle = Bundle("cp1", "/srv/bundle", "", MANIFEST, PRESENT)
    assert list(bundle_faults(bundle, CATALOGUE, "unknown")) == []


def test_a_manifest_without_parts_has_none() -> None:
    assert Bundle("cp1", "/", "", [], {}).parts == {}


@pytest.mark.parametrize(
    ("files", "faults"),
    [
        ({"a": 1, "b": 1}, []),
        ({"a": 1}, ["the directory lacks b"]),
        ({"a": 1, "b": 1, "c": 1}, ["the directory has beside its list c"]),
        ({"c": 1}, ["the directory lacks a, b", "the directory has beside its list c"]),
        (
            dict.fromkeys("abcdefg", 1),
            ["the directory has beside its list c, d, e and 2 more"],
        ),
    ],
)
def test_a_model_holds_exactly_the_files_of_its_list(
    files: dict[str, int], faults: list[str]
) -> None:
    listed = frozenset({"a", "b"})
    found_faults = list_faults("cp1:/models/m", Directory(True, files), listed)
    assert [fault.found for fault in found_faults] == faults


UPSTREAM = {"kind": "image", "image": "docker.io/e/e", "tag": "v1", "use": "upstream"}


def image_faults(engine: str, *, error: str = "", **images: Image) -> list[tuple[str, ...]]:
    catalogue = dataclasses.replace(CATALOGUE, parts={**CATALOGUE.parts, "cuda": UPSTREAM})
    kept = {f"docker.io/e/e:{tag}": image for tag, image in images.items()}
    bundle = Bundle("cp1", "/srv/bundle", error, MANIFEST, PRESENT, kept)
    faults = engine_image_faults(bundle, engine, catalogue)
    return [(fault.code, fault.where, fault.found) for fault in faults]


def test_an_image_that_no_bundle_brings_must_be_in_the_registry() -> None:
    missing = ("image_not_in_mirror", "cp1:/srv/bundle/registry", "no docker.io/e/e:v1")
    assert image_faults("cuda") == [missing]
    assert image_faults("cuda", v2=Image("sha256:aa", 1)) == [missing]
    assert image_faults("cuda", v1=Image("sha256:aa", 1)) == []


@pytest.mark.parametrize("engine", ["", "engine", "kubelet", "unknown"])
def test_only_an_image_that_no_bundle_brings_is_looked_for(engine: str) -> None:
    assert image_faults(engine) == []


def test_the_image_of_a_bundle_that_is_not_there_is_not_judged() -> None:
    assert image_faults("cuda", error="no such file") == []
