# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue's pins: whether each is one, and whether they go together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, nearest

VERSION = re.compile(r"(\d+)\.(\d+)(\.\d+)*([-+~.][0-9A-Za-z.~+-]+)?")
# The kubelet may be older than the API server, never newer, by the version skew policy; kubeadm
# is of the version that it installs; kubectl and helm may differ.
FOLLOWS_KUBERNETES = ("kubelet", "kubeadm")
LARGEST_KUBELET_LAG = 3
# Kinds with a version of their own; the packages of kind debian belong to a release.
VERSIONED = frozenset({"deb", "image", "chart", "source"})
DIGEST = re.compile(r"[0-9a-f]{64}")
FLOATING_TAGS = frozenset({"", "latest", "stable", "main", "master", "edge", "nightly"})


@dataclass(frozen=True)
class Catalogue:
    """Parts by name, as catalogue/parts.yml has them, and the sets of their names."""

    parts: Mapping[str, Mapping[str, Any]]
    sets: Mapping[str, Sequence[str]]

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """Names of the parts of one kind, sorted."""
        return tuple(sorted(name for name, part in self.parts.items() if part["kind"] == kind))


def catalogue_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Pins that are none, and versions that do not run together."""
    broken = set()
    for name, part in sorted(catalogue.parts.items()):
        for fault in _pin_faults(name, part):
            broken.add(name)
            yield fault
    for name in ("kube-apiserver", *FOLLOWS_KUBERNETES):
        if name not in catalogue.parts:
            return
    if not broken & {"kube-apiserver", *FOLLOWS_KUBERNETES}:
        yield from _skew(catalogue)


def part_fault(code: str, where: str, name: str, catalogue: Catalogue, kind: str) -> Fault:
    """A name that is no part of C(kind)."""
    names = catalogue.of_kind(kind)
    near = nearest(name, names)
    return Fault(
        code=code,
        where=where,
        found=repr(name),
        needed=f"a part of kind {kind} of the catalogue: {', '.join(names) or 'it has none'}",
        fix=f"write {near}" if near else f"choose one, or add the {kind} to the catalogue",
    )


def _digest_faults(name: str, part: Mapping[str, Any]) -> list[Fault]:
    digest = part.get("digest")
    if isinstance(digest, str) and DIGEST.fullmatch(digest):
        return []
    return [_bad_pin(name, "digest", digest, "the SHA-256 of the model's SHA256SUMS in hex")]


def _pin_faults(name: str, part: Mapping[str, Any]) -> Iterator[Fault]:
    if part["kind"] == "model":
        yield from _digest_faults(name, part)
    if part["kind"] not in VERSIONED:
        return
    version = part.get("version")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        yield _bad_pin(name, "version", version, "an exact version such as 1.2.3, as a string")
    tag = part.get("tag", "")
    if part["kind"] == "image" and (not isinstance(tag, str) or tag in FLOATING_TAGS):
        yield _bad_pin(name, "tag", tag, "a fixed tag")


def _bad_pin(name: str, key: str, found: object, needed: str) -> Fault:
    return Fault(
        code="bad_pin",
        where=f"catalogue part {name}",
        found=f"{key} {found!r}",
        needed=needed,
        fix=f"correct {key} of {name} in catalogue/parts.yml",
    )


def _skew(catalogue: Catalogue) -> Iterator[Fault]:
    server = _minor(catalogue, "kube-apiserver")
    for name in FOLLOWS_KUBERNETES:
        minor = _minor(catalogue, name)
        lag = server[1] - minor[1]
        allowed = LARGEST_KUBELET_LAG if name == "kubelet" else 0
        if minor[0] != server[0] or not 0 <= lag <= allowed:
            yield Fault(
                code="version_skew",
                where=f"catalogue part {name}",
                found=f"{name} {_version(catalogue, name)} with kube-apiserver"
                f" {_version(catalogue, 'kube-apiserver')}",
                needed=_skew_rule(name),
                fix=f"pin {name} to the version of kube-apiserver",
            )


def _skew_rule(name: str) -> str:
    if name == "kubelet":
        return f"a kubelet at most {LARGEST_KUBELET_LAG} minor versions older, and never newer"
    return f"{name} of the same minor version"


def _version(catalogue: Catalogue, name: str) -> str:
    return str(catalogue.parts[name]["version"])


def _minor(catalogue: Catalogue, name: str) -> tuple[int, int]:
    match = VERSION.fullmatch(_version(catalogue, name))
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)
