# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module toolkit_facts found on a host, and the catalogue's container toolkit, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.host import Package
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.release import Repository


@dataclass(frozen=True)
class DropIn:
    """A file that containerd imports: the C(version) that it states (0 of none).

    C(runtime) says whether it defines a runtime called nvidia.
    """

    path: str
    version: int
    runtime: bool


@dataclass(frozen=True)
class Specification:
    """NVIDIA's CDI specification: the driver that it was made for ("" of none).

    C(nodes) are the device nodes of GPUs that it gives to containers, sorted.
    """

    driver: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class ToolkitHost:
    """C(gpus) are PCI addresses, C(loaded) the running driver's version or "".

    C(nodes) are device nodes of GPUs, C(leftovers) paths that earlier installations left,
    C(source) whether the role's own package source is there, C(operator) whether the GPU Operator
    installed a toolkit.
    """

    gpus: tuple[str, ...]
    loaded: str
    nodes: tuple[str, ...]
    packages: tuple[Package, ...]
    leftovers: tuple[str, ...]
    source: bool
    drop_ins: tuple[DropIn, ...]
    specification: Specification
    operator: bool

    def installed(self, name: str) -> Optional[Package]:
        """An installed package, or None."""
        return next((package for package in self.packages if package.name == name), None)


@dataclass(frozen=True)
class ToolkitRelease:
    """One exact version of the C(names) that are installed, in a flat apt repository."""

    version: str
    names: tuple[str, ...]
    repository: Repository


def parse_toolkit_host(facts: Mapping[str, Any]) -> ToolkitHost:
    """The values of RV(toolkit) of module toolkit_facts."""
    found = facts["toolkit"]
    specification = found["specification"]
    return ToolkitHost(
        gpus=tuple(found["gpus"]),
        loaded=found["loaded"],
        nodes=tuple(found["nodes"]),
        packages=tuple(Package(**package) for package in found["packages"]),
        leftovers=tuple(found["leftovers"]),
        source=found["source"],
        drop_ins=tuple(DropIn(**drop_in) for drop_in in found["drop_ins"]),
        specification=Specification(specification["driver"], tuple(specification["nodes"])),
        operator=found["operator"],
    )


def parse_toolkit_release(part: Mapping[str, Any]) -> ToolkitRelease:
    """The catalogue's part of kind C(toolkit)."""
    return ToolkitRelease(
        version=part["version"],
        names=tuple(part["packages"]),
        repository=Repository(
            uri=f"{part['upstream']}/{part['repository']}/",
            key=f"{part['upstream']}/{part['key']}",
            fingerprint=part["fingerprint"],
        ),
    )
