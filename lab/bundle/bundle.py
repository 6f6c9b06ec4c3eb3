"""A bundle: an apt repository, an OCI registry's storage and models, put together from parts."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.bundle import apt, registry
from lab.bundle.builder import BuildError, Work, run
from lab.bundle.catalogue import Catalogue, Part
from lab.bundle.charts import HELM_PART
from lab.bundle.store import RECORD, Built, Store

SCHEMA = 1
INDEX = "bundle.yml"
_HERE = Path(__file__)
_SOURCES = (_HERE, _HERE.with_name("apt.py"), _HERE.with_name("check.py"))


@dataclass(frozen=True)
class Bundle:
    """A finished bundle: its `directory` and what bundle.yml says of its parts.

    `made_from` are the parts that are not in the bundle themselves: sources and bases.
    """

    directory: Path
    parts: Mapping[str, Mapping[str, Any]]
    made_from: Mapping[str, Mapping[str, Any]]


def finish(work: Work) -> None:
    """Turn what a builder left into what a bundle takes: a registry storage for images, charts."""
    root = work.output / "registry"
    if work.part["kind"] == "image":
        layout, tag = work.output / "oci", str(work.part["tag"])
        registry.push_image(
            layout, image=work.part["image"], tag=tag, root=root, scratch=work.scratch
        )
        shutil.rmtree(layout)
    elif work.part["kind"] == "chart":
        registry.push_chart(
            work.output / "chart.tgz",
            chart=work.part["chart"],
            helm=work.needs[HELM_PART] / "bin/helm",
            root=root,
            scratch=work.scratch,
        )
        (work.output / "chart.tgz").unlink()
    registry.discard_uploads(root)


def bundle_key(store: Store, names: tuple[str, ...]) -> str:
    """Content key of the bundle of the parts `names`."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        digest.update(source.read_bytes())
    for name in names:
        digest.update(f"{name} {store.key(name)}\n".encode())
    return digest.hexdigest()[:16]


def read(directory: Path) -> Bundle:
    """Read a finished bundle. Raises `BuildError` when there is none."""
    index = directory / INDEX
    if not index.exists():
        raise BuildError(f"bundle {directory}: no {INDEX}; run python -m lab.bundle")
    kept = yaml.safe_load(index.read_text())
    return Bundle(directory.resolve(), kept["parts"], kept["made_from"])


def assemble(
    root: Path,
    key: str,
    *,
    built: Mapping[str, Built],
    made_from: Mapping[str, Built],
    catalogue: Catalogue,
) -> None:
    """Put `built` together in a temporary directory below `root` and rename it to `root/key`."""
    partial = root / f".{key}"
    shutil.rmtree(partial, ignore_errors=True)
    for name in ("registry", "models"):
        (partial / name).mkdir(parents=True)
    packages: list[Path] = []
    for name, part in built.items():
        entry = catalogue.part(name)
        packages += sorted(part.directory.glob("*.deb"))
        registry.merge(part.directory / "registry", partial / "registry")
        if entry["kind"] == "model":
            _link_tree(part.directory / "model", partial / "models" / entry["directory"])
    apt.build_repository(partial / "apt", packages, root / "gnupg")
    index = {
        "schema": SCHEMA,
        "key": key,
        "parts": {
            name: {**_describe(part, catalogue), **_identity(part.directory, catalogue.part(name))}
            for name, part in built.items()
        },
        "made_from": {name: _describe(part, catalogue) for name, part in made_from.items()},
    }
    (partial / INDEX).write_text(yaml.safe_dump(index, sort_keys=False))
    partial.rename(root / key)


def point_at(root: Path, key: str) -> None:
    """Make `root/current` a link to the bundle `key` in one step."""
    link = root / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(key)
    link.rename(root / "current")


def remove_unused(root: Path, key: str) -> None:
    """Delete bundles other than `key` that no running host has bound."""
    mounts = "".join(_read(path) for path in Path("/proc").glob("[0-9]*/mountinfo"))
    for index in root.glob(f"*/{INDEX}"):
        name = index.parent.name
        if name not in (key, "current") and f"/{name} " not in mounts:
            shutil.rmtree(index.parent)


def origin(part: Part, catalogue: Catalogue) -> str:
    """Where a part comes from, in words."""
    if "module" in part:
        return f"Go module {part['module']} v{part['version']}"
    if "suite" in part:
        return f"Debian {part['suite']}"
    if "source" in part:
        return origin(catalogue.part(part["source"]), catalogue)
    return f"Python packages of catalogue/locks/{part['lock']}"


def _describe(built: Built, catalogue: Catalogue) -> dict[str, Any]:
    part = catalogue.part(built.name)
    files = [path for path in built.directory.rglob("*") if path.is_file() and path.name != RECORD]
    return {
        "version": built.version,
        "bytes": sum(path.stat().st_size for path in files),
        "seconds": built.seconds,
        "peak_bytes": built.peak_bytes,
        "origin": origin(part, catalogue),
    }


def _identity(directory: Path, part: Part) -> dict[str, Any]:
    """What pins the content: a digest, a SHA-256, or the packages with theirs."""
    kind = part["kind"]
    if kind in ("image", "chart"):
        image, tag = part.get("image", part.get("chart")), str(part.get("tag", part["version"]))
        return {"digest": registry.digest(directory / "registry", image=str(image), tag=tag)}
    if kind == "model":
        return {"sha256": _sha256(directory / "model/SHA256SUMS")}
    packages = {path.name: path for path in sorted(directory.glob("*.deb"))}
    if kind == "deb":
        (package,) = packages.values()
        return {"sha256": _sha256(package)}
    return {"packages": [_package(path) for path in packages.values()]}


def _package(path: Path) -> dict[str, str]:
    name, version = run(["dpkg-deb", "--show", path]).split()
    return {"name": name, "version": version, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _link_tree(origin: Path, target: Path) -> None:
    shutil.copytree(origin, target, copy_function=os.link)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended
        return ""
