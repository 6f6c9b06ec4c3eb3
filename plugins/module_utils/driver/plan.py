# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of the driver of a host: which packages, and whether only a reboot ends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.host import Host, parse_host
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.modules import chosen_modules
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.refusals import (
    distribution_faults,
    refusals,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.release import (
    Release,
    parse_release,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import ordered

PERSISTENCE_UNIT = "nvidia-persistenced.service"
FABRIC_MANAGER_UNIT = "nvidia-fabricmanager.service"


@dataclass(frozen=True)
class Request:
    """The role's arguments: the catalogue's part, the engine image's CUDA, C(auto) or a flavour."""

    release: Mapping[str, Any]
    engine_cuda: str
    kernel_modules: str


@dataclass(frozen=True)
class DriverPlan:
    """What the role does, and what is then there.

    C(needed) is false on a host without NVIDIA GPU: all else is empty then. C(faults) are lines for
    a person: with one of them nothing is done. C(actions) says in words what has to be done; none
    are left when all is as it should be. C(modules) is the flavour, C(version) the driver's,
    C(packages) exact C(NAME=VERSION), all of them held, C(headers) the package with the running
    kernel's headers. C(units) run where the driver does; C(fabric_manager) says whether one of them
    is the fabric manager's. C(repository) has C(uri), C(key) (its address) and C(fingerprint).
    C(pin) is the version that apt prefers above all others. C(reboot) says why only a reboot brings
    the driver into use; it is empty when it is. C(own) are installed
    packages of the release, which a reset removes: also on a host whose GPUs are gone.
    """

    needed: bool = False
    faults: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    modules: str = ""
    version: str = ""
    packages: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    headers: str = ""
    units: tuple[str, ...] = ()
    fabric_manager: bool = False
    repository: Mapping[str, str] = field(default_factory=dict)
    pin: str = ""
    reboot: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For a filter: tuples as lists."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }


def driver_plan(facts: Mapping[str, Any], request: Request) -> DriverPlan:
    """The plan for the facts of module driver_facts and the role's arguments."""
    host = parse_host(facts)
    unknown = tuple(fault.line() for fault in distribution_faults(host, request.release))
    if unknown:
        return DriverPlan(needed=True, faults=unknown) if host.cards else DriverPlan()
    release = parse_release(request.release, host.distribution)
    own = tuple(_own(host, release))
    if not host.cards:
        return DriverPlan(own=own)
    modules, faults = chosen_modules(host, release, request.kernel_modules)
    wanted = wanted_packages(host, release, modules)
    actions = tuple(_actions(host, wanted))
    stopping = refusals(host, release, request.engine_cuda, wanted)
    fabric_manager = host.nvswitches > 0
    return DriverPlan(
        needed=True,
        faults=tuple(fault.line() for fault in ordered([*faults, *stopping])),
        actions=actions,
        modules=modules,
        version=release.version,
        packages=tuple(f"{name}={version}" for name, version in wanted.items()),
        held=tuple(wanted),
        headers=f"linux-headers-{host.kernel}",
        units=(PERSISTENCE_UNIT, *([FABRIC_MANAGER_UNIT] if fabric_manager else [])),
        fabric_manager=fabric_manager,
        repository=asdict(release.repository),
        pin=release.package_version,
        reboot=tuple(_reboot(host, release, modules)),
        own=own,
    )


def wanted_packages(host: Host, release: Release, modules: str) -> dict[str, str]:
    """Exact versions by package name; the fabric manager only where NVSwitches are."""
    names = release.names
    driver = (*names.modules.get(modules, ()), *names.user, *names.persistence)
    wanted = dict.fromkeys(driver, release.package_version)
    if host.nvswitches:
        wanted |= dict.fromkeys(names.fabric_manager, release.fabric_manager_version)
    return wanted


def _actions(host: Host, wanted: Mapping[str, str]) -> Iterator[str]:
    if not host.headers:
        yield f"install linux-headers-{host.kernel}"
    for name, version in wanted.items():
        present = host.installed(name)
        if present is None:
            yield f"install {name}={version}"
        elif present.version != version:
            yield f"change {name} from {present.version} to {version}"
        if present is None or not present.held:
            yield f"hold {name}"


def _reboot(host: Host, release: Release, modules: str) -> Iterator[str]:
    if host.nouveau:
        yield "nouveau is loaded and holds the GPUs"
    if not host.loaded:
        yield "no NVIDIA kernel module is loaded"
    elif host.loaded != release.version:
        yield f"the loaded kernel module is {host.loaded}, not {release.version}"
    elif host.loaded_modules != modules:
        yield f"the loaded kernel module is {host.loaded_modules}, not {modules}"


def _own(host: Host, release: Release) -> Iterator[str]:
    """What the role installed by name, and what came with it: the packages of its version."""
    versions = (release.package_version, release.fabric_manager_version)
    for package in host.packages:
        if package.name in release.names.every or package.version in versions:
            yield package.name
