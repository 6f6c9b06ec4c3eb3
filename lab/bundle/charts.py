"""Helm charts as they lie in their modules, with the version and images of the catalogue."""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from lab.bundle.builder import SOURCE_DATE_EPOCH, BuildError, Recipe, Work, run
from lab.bundle.catalogue import Catalogue

HELM_PART = "helm-client"
IGNORED = (".helmignore", "tests")  # what the charts' own .helmignore files leave out


def recipe(name: str, catalogue: Catalogue) -> Recipe:
    """Recipe of a part of kind `chart`."""
    part = catalogue.part(name)
    images = {
        catalogue.part(image)["image"]: str(catalogue.part(image)["tag"])
        for image in part["images"]
    }
    here = Path(__file__)
    return Recipe(
        build=lambda work: build_chart(work, images),
        needs=(part["source"], HELM_PART),
        sources=(here, here.with_name("registry.py")),
        inputs=tuple(f"{image}:{tag}" for image, tag in sorted(images.items())),
    )


def build_chart(work: Work, images: Mapping[str, str]) -> None:
    """Leave `chart.tgz`, whose templates name no image but `images` (tag by repository).

    Raises `BuildError` when a rendered template names another image.
    """
    chart = work.scratch / "chart"
    shutil.copytree(work.needs[work.part["source"]] / "files/chart", chart)
    description, values = chart / "Chart.yaml", chart / "values.yaml"
    description.write_text(with_version(description.read_text(), str(work.part["version"])))
    values.write_text(with_tags(values.read_text(), images))
    package = work.output / "chart.tgz"
    pack(chart, package, work.part["chart"].rpartition("/")[2])
    helm = work.needs[HELM_PART] / "bin/helm"
    rendered = run([helm, "template", "check", package], env={"HOME": str(work.scratch)})
    found = images_of(rendered)
    wanted = {f"{image}:{tag}" for image, tag in images.items()}
    if found != wanted:
        raise BuildError(
            f"chart {work.name}: its templates name {', '.join(sorted(found))}, the catalogue "
            f"has {', '.join(sorted(wanted))}; correct `images` of the part in catalogue/parts.yml"
        )


def with_version(text: str, version: str) -> str:
    """Chart.yaml with another version of the chart."""
    changed, count = re.subn(r"(?m)^version: .*$", f"version: {version}", text)
    if count != 1:
        raise BuildError(f"Chart.yaml: {count} lines `version:` found, needed 1")
    return changed


def with_tags(text: str, images: Mapping[str, str]) -> str:
    """values.yaml with the tag and a pull policy that fits a fixed tag beside each repository."""
    for image, tag in images.items():
        pattern = rf"(?m)^( *)repository: {re.escape(image)}\n((?:\1#.*\n)*)\1tag: .*$"
        text, count = re.subn(pattern, rf"\1repository: {image}\n\2\1tag: {tag}", text)
        if count != 1:
            raise BuildError(f"values.yaml: repository {image} found {count} times, needed once")
    return text.replace("pullPolicy: Always", "pullPolicy: IfNotPresent")


def images_of(rendered: str) -> set[str]:
    """Images of all containers in rendered manifests."""
    return {
        container["image"]
        for manifest in yaml.safe_load_all(rendered)
        if manifest
        for container in _containers(manifest)
    }


def pack(chart: Path, target: Path, name: str) -> None:
    """Write a chart package that is the same for the same files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(chart.rglob("*")):
            inside = path.relative_to(chart)
            if path.is_file() and inside.parts[0] not in IGNORED:
                archive.addfile(_member(path, f"{name}/{inside}"), io.BytesIO(path.read_bytes()))
    target.write_bytes(gzip.compress(content.getvalue(), mtime=SOURCE_DATE_EPOCH))
    os.utime(target, (SOURCE_DATE_EPOCH, SOURCE_DATE_EPOCH))  # helm push records it


def _member(path: Path, name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    member.mode = 0o644
    member.mtime = SOURCE_DATE_EPOCH
    return member


def _containers(manifest: Mapping[str, object]) -> list[Mapping[str, str]]:
    spec = manifest.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    pod = template.get("spec") if isinstance(template, dict) else None
    if not isinstance(pod, dict):
        return []
    return [*pod.get("containers", []), *pod.get("initContainers", [])]
