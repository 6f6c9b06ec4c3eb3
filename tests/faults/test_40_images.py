"""Faults of images: the error names the node and the image, and the next run heals."""

from __future__ import annotations

import time

import pytest
import yaml

from tests.faults.broken import SPARE, mounted_over, stop_serving, stopped
from tests.lab_driver import ROOT, Site, said

REGISTRY_UNIT = "baremetal-sglang-registry.service"
STORAGE = "/srv/bundle/registry/docker/registry/v2"
PART = yaml.safe_load((ROOT / "catalogue/parts.yml").read_text())["catalogue_parts"]["sglang-cpu"]
IMAGE = f"{PART['image']}:{PART['tag']}"


# containerd names an image three times: by tag, by digest, and as the kubelet knows it.
REMOVE_IMAGE = f"""
ctr='ctr --namespace k8s.io images'
digest=$($ctr ls name=={IMAGE} | awk 'NR > 1 {{print $3}}')
$ctr ls | awk -v digest="$digest" '$3 == digest {{print $1}}' | xargs $ctr rm --sync
"""


@pytest.fixture(autouse=True)
def node_without_image(site: Site) -> None:
    """The engine group is gone, and the image with all its layers from node1."""
    stop_serving(site)
    site.on("node1", REMOVE_IMAGE)
    assert IMAGE not in site.on("node1", "ctr --namespace k8s.io images ls --quiet")


def heal(site: Site, log: str) -> None:
    """The next run serves; the seconds are printed."""
    begin = time.monotonic()
    run = site.play("site", "--tags=serve", log=log)
    assert run.status == 0, run.output[-4000:]
    assert len(site.ready_pods()) == 2
    print(f"\nserved again after {time.monotonic() - begin:.0f} s")


def largest_layer(site: Site) -> str:
    """Path of the largest layer of the engine's image in the registry's storage."""
    manifests = f"{STORAGE}/repositories/{PART['image']}/_layers/sha256"
    find = (
        f"for digest in $(ls {manifests}); do"
        f" stat --format='%s %n' {STORAGE}/blobs/sha256/$(echo $digest | cut -c1-2)/$digest/data;"
        " done | sort -n | tail -1 | cut -d' ' -f2"
    )
    return site.on("cp1", find).strip()


def test_a_registry_without_the_image_is_named_with_node_and_image(site: Site) -> None:
    repository = f"{STORAGE}/repositories/{PART['image']}"
    with mounted_over(site, "cp1", repository, f"mkdir {SPARE}"):
        run = site.play("site", "--tags=serve", log="image-missing")
    output = said(run.output)
    print(output.rpartition("[ERROR]")[2][:1500])
    assert run.status != 0
    assert IMAGE in output
    assert "on node1" in output
    heal(site, "image-missing-healed")


def test_a_registry_that_is_down_is_named(site: Site) -> None:
    with stopped(site, "cp1", REGISTRY_UNIT):
        run = site.play("site", "--tags=serve", log="registry-down")
    output = said(run.output)
    print(output.rpartition("[ERROR]")[2][:1500])
    assert run.status != 0
    assert "[cp1]" in output
    assert f"{site.addresses['cp1']}:5000" in output
    heal(site, "registry-down-healed")


def test_a_corrupt_layer_is_named_with_node_and_image(site: Site) -> None:
    layer = largest_layer(site)
    prepare = f"truncate --size=$(stat --format=%s {layer}) {SPARE}"
    with mounted_over(site, "cp1", layer, prepare):
        run = site.play("site", "--tags=serve", log="image-corrupt")
    output = said(run.output)
    print(output.rpartition("[ERROR]")[2][:1500])
    assert run.status != 0
    assert IMAGE in output
    assert "on node1" in output
    heal(site, "image-corrupt-healed")
