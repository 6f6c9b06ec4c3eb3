# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of NVIDIA's container toolkit on a host: packages, drop-in, CDI specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.toolkit_host import (
    ToolkitHost,
    ToolkitRelease,
    parse_toolkit_host,
    parse_toolkit_release,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.toolkit_refusals import (
    refusals,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import ordered

AUTO, PRESENT, ABSENT = "auto", "present", "absent"
# Built from one source in one version; those that are there beside the base package move with it.
FAMILY = (
    "nvidia-container-toolkit",
    "nvidia-container-toolkit-base",
    "libnvidia-container-tools",
    "libnvidia-container1",
)
# Of NVIDIA's archived repositories nvidia-docker and nvidia-container-runtime.
LEGACY = (
    "nvidia-docker",
    "nvidia-docker2",
    "nvidia-container-runtime",
    "nvidia-container-runtime-hook",
)
# Tables of containerd's CRI plugin by version of the configuration: docs/cri/config.md. Its version
# 4 moved no table of this plugin (cmd/containerd/server/config/config.go).
CRI_TABLES: Mapping[int, str] = {
    2: "io.containerd.grpc.v1.cri",
    3: "io.containerd.cri.v1.runtime",
}


@dataclass(frozen=True)
class Intent:
    """The role's arguments: C(auto), C(present) or C(absent), and the catalogue's part.

    C(config_version) is the version of containerd's root file.
    """

    state: str
    release: Mapping[str, Any]
    config_version: int


@dataclass(frozen=True)
class ToolkitPlan:
    """What the role does, and what is then there.

    C(needed) is false where no toolkit is wanted: of the rest C(own) alone is set then. C(faults)
    are lines for a person: with one of them nothing is done. C(actions) says in words what has to
    be done. C(packages) are exact C(NAME=VERSION), all of them C(held), C(pinned) the names that
    apt takes in no version but C(pin). C(purge) are legacy packages and C(remove) paths that go.
    C(config_version) and C(cri_table) are those of the drop-in: its version is never above that of
    the root file. C(refresh) says why the CDI specification has to be made again; it is empty when
    it is right, and while no driver is loaded. C(own) are packages that an undo removes.
    """

    needed: bool = False
    faults: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    pin: str = ""
    repository: Mapping[str, str] = field(default_factory=dict)
    purge: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    config_version: int = 0
    cri_table: str = ""
    refresh: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For a filter: tuples as lists."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }


def toolkit_plan(facts: Mapping[str, Any], intent: Intent) -> ToolkitPlan:
    """The plan for the facts of module toolkit_facts and the role's arguments."""
    host = parse_toolkit_host(facts)
    if intent.state == ABSENT or (intent.state == AUTO and not host.gpus):
        return ToolkitPlan(own=_own(host))
    release = parse_toolkit_release(intent.release)
    wanted = _wanted(host, release)
    purge = tuple(name for name in LEGACY if host.installed(name))
    version = drop_in_version(intent.config_version)
    return ToolkitPlan(
        needed=True,
        faults=tuple(
            fault.line() for fault in ordered(refusals(host, purge, intent.config_version))
        ),
        actions=(
            *_package_actions(host, release, wanted),
            *(f"purge {name}" for name in purge),
            *(f"remove {path}" for path in host.leftovers),
        ),
        packages=tuple(f"{name}={release.version}" for name in wanted),
        held=wanted,
        pinned=FAMILY,
        pin=release.version,
        repository=asdict(release.repository),
        purge=purge,
        remove=host.leftovers,
        config_version=version,
        cri_table=CRI_TABLES.get(version, ""),
        refresh=tuple(_refresh(host)),
        own=_own(host),
    )


def drop_in_version(root: int) -> int:
    """The newest known version of containerd's configuration that is not above the root file's.

    containerd does not start when a file that it imports has a higher version than the one that
    imports it. 0 where none is known: see C(refusals).
    """
    return max((version for version in CRI_TABLES if version <= root), default=0)


def _wanted(host: ToolkitHost, release: ToolkitRelease) -> tuple[str, ...]:
    beside = (name for name in FAMILY if host.installed(name) and name not in release.names)
    return (*release.names, *beside)


def _own(host: ToolkitHost) -> tuple[str, ...]:
    """Without the role's package source the packages are somebody else's."""
    return tuple(name for name in FAMILY if host.source and host.installed(name))


def _package_actions(
    host: ToolkitHost, release: ToolkitRelease, wanted: tuple[str, ...]
) -> Iterator[str]:
    for name in wanted:
        present = host.installed(name)
        if present is None:
            yield f"install {name}={release.version}"
        elif present.version != release.version:
            yield f"change {name} from {present.version} to {release.version}"
        if present is None or not present.held:
            yield f"hold {name}"


def _refresh(host: ToolkitHost) -> Iterator[str]:
    """Nothing while no driver is loaded: the toolkit's own unit makes it when one is."""
    made = host.specification
    if not host.loaded:
        return
    if not made.driver:
        yield "there is no CDI specification"
    elif made.driver != host.loaded:
        yield f"the CDI specification is of driver {made.driver}, {host.loaded} is loaded"
    elif made.nodes != host.nodes:
        yield f"the CDI specification gives {_list(made.nodes)}, the host has {_list(host.nodes)}"


def _list(nodes: tuple[str, ...]) -> str:
    return ", ".join(nodes) or "no GPU"
