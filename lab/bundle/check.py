"""What must hold between the parts of a bundle before anybody uses it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from lab.bundle.builder import BuildError, run
from lab.bundle.catalogue import Catalogue
from lab.bundle.store import Built


def check(built: Mapping[str, Built], catalogue: Catalogue) -> None:
    """Raise `BuildError` when kubeadm would ask for an image that the bundle does not have."""
    if "kubeadm" in built:
        images = {
            f"{catalogue.part(name)['image']}:{catalogue.part(name)['tag']}"
            for name in built
            if catalogue.part(name)["kind"] == "image"
        }
        version = str(catalogue.part(catalogue.part("kubeadm")["source"])["version"])
        missing = sorted(kubeadm_images(built["kubeadm"].directory, version) - images)
        if missing:
            raise BuildError(
                f"kubeadm {version} needs {', '.join(missing)}, which no image of the catalogue "
                "gives; correct image and tag in catalogue/parts.yml"
            )


def kubeadm_images(directory: Path, version: str) -> set[str]:
    """Images that the kubeadm of the package in `directory` asks for, in upstream's names."""
    (package,) = directory.glob("*.deb")
    with tempfile.TemporaryDirectory() as scratch:
        run(["dpkg-deb", "--extract", package, scratch])
        program = Path(scratch) / "usr/bin/kubeadm"
        listed = run(
            [program, "config", "images", "list", "--kubernetes-version", f"v{version}"],
            env={"HOME": scratch},
        )
    return set(listed.split())
