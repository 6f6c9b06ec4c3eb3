# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bundle on the mirror against the catalogue: whole, and of the same versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import Catalogue
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    Directory,
    Image,
)

SCHEMA = 1
SET = "core"
# What `use` of an image says that its own project builds, and lab/bundle does not.
UPSTREAM = "upstream"
REBUILD = "build the bundle again with the catalogue of this collection: python -m lab.bundle"


@dataclass(frozen=True)
class Bundle:
    """A bundle as the mirror holds it.

    C(host) and C(path) say where; C(error) why bundle.yml could not be read; C(manifest) is what
    it holds; C(repositories) the three repositories, each with whether it is there; C(images) what
    the registry has of the images that no bundle brings (C(use: upstream) in the catalogue).
    """

    host: str
    path: str
    error: str
    manifest: Any
    repositories: Mapping[str, bool]
    images: Mapping[str, Image] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The manifest, as a person finds it."""
        return f"{self.host}:{self.path}/bundle.yml"

    @property
    def parts(self) -> Mapping[str, Any]:
        """The manifest's parts; none if it has no such mapping."""
        parts = self.manifest.get("parts") if isinstance(self.manifest, Mapping) else None
        return parts if isinstance(parts, Mapping) else {}


def bundle_faults(bundle: Bundle, catalogue: Catalogue, model: str) -> Iterator[Fault]:
    """Faults of the manifest, of the repositories beside it, and of its parts."""
    if bundle.error:
        yield Fault(
            code="bundle_missing",
            where=bundle.where,
            found=bundle.error,
            needed="the manifest of a bundle",
            fix="copy the whole bundle to the mirror, or correct site_bundle_path",
        )
        return
    unreadable = _manifest_faults(bundle)
    yield from unreadable
    if not unreadable:
        yield from _repository_faults(bundle)
        yield from _part_faults(bundle, catalogue, model)


def own_image(bundle: Bundle, engine: str, catalogue: Catalogue) -> Optional[Image]:
    """An engine image that somebody put into the registry beside the bundle, if there is one."""
    part = catalogue.parts.get(engine, {})
    return bundle.images.get(_image_name(part)) if part.get("use") == UPSTREAM else None


def engine_image_faults(bundle: Bundle, engine: str, catalogue: Catalogue) -> Iterator[Fault]:
    """An engine image that the bundle does not bring and nobody put into the mirror's registry."""
    part = catalogue.parts.get(engine, {})
    brought = part.get("use") != UPSTREAM or engine in bundle.parts
    if bundle.error or brought or own_image(bundle, engine, catalogue) is not None:
        return
    yield Fault(
        code="image_not_in_mirror",
        where=f"{bundle.host}:{bundle.path}/registry",
        found=f"no {_image_name(part)}",
        needed=f"the engine image {engine} under this name and tag: a bundle does not bring it",
        fix="copy the image there (docs/operations.md, The site's own image), or choose another"
        " site_engine",
    )


def list_faults(where: str, directory: Directory, names: frozenset[str]) -> Iterator[Fault]:
    """Files of a model's directory against the names of its SHA-256 list."""
    present = set(directory.files)
    missing, extra = sorted(names - present), sorted(present - names)
    for found, files in (("lacks", missing), ("has beside its list", extra)):
        if files:
            more = f" and {len(files) - 3} more" if len(files) > 3 else ""
            yield Fault(
                code="model_list_mismatch",
                where=where,
                found=f"the directory {found} {', '.join(files[:3])}{more}",
                needed="exactly the files of its SHA-256 list",
                fix="copy the model to the bundle again",
            )


def _manifest_faults(bundle: Bundle) -> list[Fault]:
    manifest = bundle.manifest
    if not isinstance(manifest, Mapping) or not isinstance(manifest.get("parts"), Mapping):
        return [_manifest_fault(bundle, "no mapping with parts", "schema, key and parts")]
    if manifest.get("schema") != SCHEMA:
        found = f"schema {manifest.get('schema')!r}"
        return [_manifest_fault(bundle, found, f"schema {SCHEMA}")]
    return []


def _manifest_fault(bundle: Bundle, found: str, needed: str) -> Fault:
    return Fault("bundle_unreadable", bundle.where, found, needed, REBUILD)


def _repository_faults(bundle: Bundle) -> Iterator[Fault]:
    for name, exists in sorted(bundle.repositories.items()):
        if not exists:
            yield Fault(
                code="bundle_repository_missing",
                where=f"{bundle.host}:{bundle.path}",
                found=f"no {name}",
                needed="the repositories apt, registry and models beside bundle.yml",
                fix="copy the whole bundle to the mirror",
            )


def _part_faults(bundle: Bundle, catalogue: Catalogue, model: str) -> Iterator[Fault]:
    wanted = [name for name in catalogue.sets[SET] if name in catalogue.parts]
    if model in catalogue.parts and model not in wanted:
        wanted.append(model)
    for name in sorted(wanted):
        part = catalogue.parts[name]
        kept = bundle.parts.get(name)
        if not isinstance(kept, Mapping):
            code = "model_not_in_bundle" if part["kind"] == "model" else "bundle_part_missing"
            yield Fault(code, bundle.where, f"no part {name}", _pin(name, part), REBUILD)
        elif str(kept.get("version")) != str(part["version"]):
            found = f"{name} {kept.get('version')}"
            yield Fault("bundle_part_version", bundle.where, found, _pin(name, part), REBUILD)


def _image_name(part: Mapping[str, Any]) -> str:
    """An image under the name and the tag that the cluster pulls it by."""
    return f"{part['image']}:{part['tag']}"


def _pin(name: str, part: Mapping[str, Any]) -> str:
    return f"{name} {part['version']}, as the catalogue pins it"
