"""The image of the router (smg): the packages of its lock file on the engine's Debian root."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.bundle import oci, rootfs
from lab.bundle.builder import Recipe, Work, run
from lab.bundle.catalogue import LOCKS, Part
from lab.bundle.engine import ROOT_PART, install_packages
from lab.bundle.images import NONROOT, PATH


def recipe(part: Part) -> Recipe:
    """Recipe of the router's image; its Debian root is the part `engine-root`."""
    here = Path(__file__)
    builders = (here, *(here.with_name(f"{name}.py") for name in ("engine", "oci", "rootfs")))
    return Recipe(build=build_image, needs=(ROOT_PART,), sources=(*builders, LOCKS / part["lock"]))


def build_image(work: Work) -> None:
    """Leave the image as the OCI layout `work.output/oci`."""
    root, base = work.scratch / "root", work.needs[ROOT_PART] / "files/root.tar"
    root.mkdir()
    run(["tar", "-C", root, "-xpf", base])
    packages = install_packages(work, root)
    # Console scripts, which name the builder's Python.
    shutil.rmtree(packages / "bin")
    layer = work.scratch / "layer.tar"
    rootfs.archive(root, layer, [str(packages.relative_to(root))])
    pack(work, (base, layer))


def pack(work: Work, layers: tuple[Path, ...]) -> None:
    """Make the OCI layout of the layers, which are given as tar archives."""
    layout, tag = work.output / "oci", str(work.part["tag"])
    oci.new_layout(layout, tag)
    for layer in layers:
        oci.add_layer(layout, tag, layer)
    oci.write_config(layout, tag, oci.Config(user=NONROOT, environment={"PATH": PATH}))
