# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The driver of the catalogue: one version, and per distribution where and under which names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Driver branches by the major version of the engine image's CUDA: table "CUDA Toolkit and Minimum
# Required Driver Version for CUDA Minor Version Compatibility" of
# https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
CUDA_BRANCHES: Mapping[int, int] = {11: 450, 12: 525, 13: 580}
# R620 has no proprietary modules more: its driver installation guide, section 4.1.
LAST_PROPRIETARY_BRANCH = 615


@dataclass(frozen=True)
class Names:
    """Package names of one distribution: user space, each flavour's modules, and daemons."""

    user: tuple[str, ...]
    modules: Mapping[str, tuple[str, ...]]
    persistence: tuple[str, ...]
    fabric_manager: tuple[str, ...]

    @property
    def every(self) -> tuple[str, ...]:
        """All names, of whatever flavour."""
        modules = (name for names in self.modules.values() for name in names)
        return (*self.user, *modules, *self.persistence, *self.fabric_manager)


@dataclass(frozen=True)
class Repository:
    """A flat apt repository: C(uri) ends in /, C(key) is the key's address, C(fingerprint) hex."""

    uri: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class Release:
    """The driver for one distribution; C(revision) is what its packages add to the version."""

    version: str
    fabric_manager: str
    repository: Repository
    revision: str
    names: Names

    @property
    def branch(self) -> int:
        """The number before the first dot, as NVIDIA calls branches: R580 is 580."""
        return branch_of(self.version)

    @property
    def package_version(self) -> str:
        """Version of the driver's packages."""
        return f"{self.version}-{self.revision}"

    @property
    def fabric_manager_version(self) -> str:
        """Version of the fabric manager's package."""
        return f"{self.fabric_manager}-{self.revision}"


def branch_of(version: str) -> int:
    """580 of C(580.10.02); 0 of what is no version of the driver."""
    head = version.partition(".")[0]
    return int(head) if head.isdigit() else 0


def minimum_branch(cuda: str) -> int:
    """The oldest branch that runs a CUDA version such as C(13.0); 0 of an unknown one."""
    return CUDA_BRANCHES.get(branch_of(cuda), 0)


def parse_release(part: Mapping[str, Any], distribution: str) -> Release:
    """The catalogue's part for a distribution such as C(debian-13).

    Raises C(KeyError) where the part does not have it; see C(distributions).
    """
    entry = part["distributions"][distribution]
    uri = f"{part['upstream']}/{entry['repository']}/"
    names = entry["packages"]
    return Release(
        version=part["version"],
        fabric_manager=part["fabric_manager"],
        repository=Repository(uri, f"{uri}{entry['key']}", entry["fingerprint"]),
        revision=entry["revision"],
        names=Names(
            user=_tuple(names["user"]),
            modules={kind: _tuple(names[kind]) for kind in ("open", "proprietary")},
            persistence=_tuple(names["persistence"]),
            fabric_manager=_tuple(names["fabric_manager"]),
        ),
    )


def distributions(part: Mapping[str, Any]) -> tuple[str, ...]:
    """The distributions that the part has packages for, sorted."""
    return tuple(sorted(part["distributions"]))


def _tuple(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names)
