"""A chart gets the catalogue's version and images, and nothing else changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.bundle.builder import BuildError
from lab.bundle.charts import images_of, pack, with_tags, with_version

VALUES = """\
image:
  manager:
    repository: registry.k8s.io/lws/lws
    # tag, if defined
    tag: main
    pullPolicy: Always
other:
  repository: example.org/other
  tag: v1
"""


def test_tag_beside_the_repository_is_written() -> None:
    assert with_tags(VALUES, {"registry.k8s.io/lws/lws": "v0.98.0"}) == (
        "image:\n  manager:\n    repository: registry.k8s.io/lws/lws\n    # tag, if defined\n"
        "    tag: v0.98.0\n    pullPolicy: IfNotPresent\n"
        "other:\n  repository: example.org/other\n  tag: v1\n"
    )


def test_image_that_the_chart_does_not_name_is_an_error() -> None:
    with pytest.raises(BuildError, match=r"repository a/b found 0 times, needed once"):
        with_tags(VALUES, {"a/b": "v1"})


def test_version_of_the_chart_is_written_and_that_of_the_application_kept() -> None:
    text = 'name: lws\nversion: 0.1.0\nappVersion: "v0.98.0"\n'
    assert with_version(text, "0.98.0") == 'name: lws\nversion: 0.98.0\nappVersion: "v0.98.0"\n'


def test_images_of_init_containers_are_found_too() -> None:
    rendered = """\
kind: DaemonSet
spec:
  template:
    spec:
      containers: [{image: "a:1"}]
      initContainers: [{image: "b:2"}]
---
kind: ConfigMap
data: {image: c}
---
"""
    assert images_of(rendered) == {"a:1", "b:2"}


def test_package_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    packages = []
    for number in (1, 2):
        chart = tmp_path / f"chart{number}"
        (chart / "templates").mkdir(parents=True)
        for name in ("Chart.yaml", "templates/a.yaml", ".helmignore"):
            (chart / name).write_text(name)
            os.utime(chart / name, (number, number))
        pack(chart, tmp_path / f"{number}.tgz", "lws")
        packages.append((tmp_path / f"{number}.tgz").read_bytes())
    assert packages[0] == packages[1]
