# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every fault of a site before anything is changed: the one entry to this package."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import (
    Bundle,
    bundle_faults,
    engine_image_faults,
    list_faults,
    own_image,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import (
    Catalogue,
    catalogue_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.controller import (
    Controller,
    controller_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    Directory,
    HostFacts,
    HostState,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.hosts import (
    clock_faults,
    host_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import (
    Inventory,
    inventory_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import (
    model_faults,
    site_forms,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.networks import (
    network_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.placement import (
    engine_faults,
    plan_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.ports import (
    port_faults,
    wanted_ports,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.room import (
    LOGS,
    Demand,
    Part,
    disk_demands,
    part_of,
    part_of_image,
    room_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import (
    Site,
    site_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.variables import (
    Given,
    name_faults,
    port_number_faults,
    scope_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan


@dataclass(frozen=True)
class Variables:
    """What a person set, the names there are, and the role arguments that the playbooks set."""

    given: Collection[Given]
    known: Mapping[str, Collection[str]]
    mapped: Mapping[str, str]


@dataclass(frozen=True)
class ModelDirectory:
    """The model in the bundle: its place, its files, and the names of its SHA-256 list.

    C(digest) is the SHA-256 of that list, C(pinned) whether the catalogue or the site asks for it.
    """

    where: str
    directory: Directory
    listed: frozenset[str]
    digest: str
    pinned: bool


@dataclass(frozen=True)
class Evidence:
    """All that preflight knows.

    C(input_faults) are those found while the input was read; C(bundle) and C(model) are None where
    the mirror gave no facts, C(model) also where the planner may still choose among several formats
    or the weights have a source of their own; C(plan) is None if it has faults or is made later.
    C(source_host) is the one that alone has the weights, "" where none does. C(gpus) is site_gpus
    of each host, C(disks) are the hosts whose weights get disks of their own,
    C(now) is the controller's clock (seconds) after the last host answered.
    """

    inventory: Inventory
    site: Site
    variables: Variables
    input_faults: tuple[Fault, ...]
    catalogue: Catalogue
    bundle: Optional[Bundle]
    model: Optional[ModelDirectory]
    plan: Optional[Plan]
    states: Mapping[str, HostState]
    controller: Controller
    mirror_ports: Mapping[str, int]
    source_host: str
    gpus: Mapping[str, int]
    disks: frozenset[str]
    now: float

    @property
    def engine(self) -> str:
        """Part of the engine image; empty where the plan that names it has faults."""
        if self.plan is not None:
            return self.plan.engine_part
        return self.site.site_engine if self.site.plan_is_made else ""

    @property
    def facts(self) -> Mapping[str, HostFacts]:
        """Facts of the hosts that gave some."""
        return {host: s.facts for host, s in self.states.items() if s.facts is not None}


def preflight(evidence: Evidence) -> tuple[Fault, ...]:
    """All faults, each once, in reading order."""
    return ordered(fault for faults in (_input, _things, _hosts) for fault in faults(evidence))


def warnings(evidence: Evidence) -> tuple[str, ...]:
    """What a person should know of a site that can be built: weights that nothing pins."""
    site, model = evidence.site, evidence.model
    if model is not None and not model.pinned:
        return (_unpinned(model.where, f", whose SHA-256 is {model.digest}"),)
    known = site_forms(site, evidence.plan, evidence.catalogue)
    pinned = site.site_weights_digest or any(form.digest for form in known)
    if site.site_weights_source and not pinned:
        return (_unpinned(site.site_weights_source, ""),)
    return ()


def _unpinned(where: str, digest: str) -> str:
    return (
        f"{where}: nothing pins these weights. Every byte is verified against the list that comes"
        f" from there{digest}; compare the list with a source that you trust, and set"
        " site_weights_digest to its SHA-256"
    )


def _input(evidence: Evidence) -> Iterator[Fault]:
    """Faults that the inventory alone shows."""
    variables, inventory = evidence.variables, evidence.inventory
    yield from evidence.input_faults
    yield from name_faults(variables.given, variables.known, variables.mapped, inventory)
    yield from scope_faults(variables.given, inventory)
    yield from port_number_faults(variables.given, inventory)
    yield from inventory_faults(inventory)
    yield from site_faults(evidence.site, inventory)


def _things(evidence: Evidence) -> Iterator[Fault]:
    """Faults of what the site is made from: catalogue, bundle, model, plan, controller."""
    yield from catalogue_faults(evidence.catalogue)
    yield from model_faults(evidence.site, evidence.plan, evidence.catalogue)
    yield from controller_faults(evidence.controller)
    if evidence.bundle is not None:
        yield from bundle_faults(evidence.bundle, evidence.catalogue, evidence.site.site_model)
        yield from engine_image_faults(evidence.bundle, evidence.engine, evidence.catalogue)
    if evidence.model is not None:
        model = evidence.model
        yield from list_faults(model.where, model.directory, model.listed)
    if evidence.site.plan_is_made:
        yield from engine_faults(evidence.site.site_engine, "site_engine", evidence.catalogue)
    if evidence.plan is not None:
        yield from plan_faults(
            evidence.plan,
            site=evidence.site,
            inventory=evidence.inventory,
            catalogue=evidence.catalogue,
            gpus=evidence.gpus,
        )


def _hosts(evidence: Evidence) -> Iterator[Fault]:
    """Faults that the hosts themselves show."""
    site, inventory, facts = evidence.site, evidence.inventory, evidence.facts
    yield from host_faults(evidence.states, inventory, site)
    yield from clock_faults(facts, evidence.now)
    yield from network_faults(site, inventory, facts)
    ports = wanted_ports(site, evidence.mirror_ports, evidence.source_host)
    yield from port_faults(ports, inventory, facts)
    yield from room_faults(inventory, evidence.plan, facts, _demands(evidence))


def _demands(evidence: Evidence) -> Mapping[str, tuple[Demand, ...]]:
    """Disk that the serving hosts need for the engine's image and the model."""
    site = evidence.site
    weights = f"{site.site_weights_destination}/{site.site_model}"
    image, model_bytes = _engine_image(evidence), _model_bytes(evidence)
    return {
        host: disk_demands(
            image=image,
            model_bytes=model_bytes if _lands_there(evidence, host, fact, weights) else 0,
            weights=weights,
            fact=fact,
        )
        for host, fact in evidence.facts.items()
        if host in evidence.inventory.group("serving")
    }


def _lands_there(evidence: Evidence, host: str, fact: HostFacts, weights: str) -> bool:
    """Whether a host's weights land on the file system that is at C(weights) now.

    Not where a server keeps them, and not before the host's disks are mounted there.
    """
    if evidence.site.site_nfs_server not in ("", host):
        return False
    if host not in evidence.disks:
        return True
    return fact.filesystems[weights].device != fact.filesystems[LOGS].device


def _engine_image(evidence: Evidence) -> Optional[Part]:
    """Sizes that the bundle's manifest gives, or the registry for an image of the site's own."""
    if evidence.bundle is None:
        return None
    own = own_image(evidence.bundle, evidence.engine, evidence.catalogue)
    return part_of(evidence.bundle.parts, evidence.engine) or (part_of_image(own) if own else None)


def _model_bytes(evidence: Evidence) -> int:
    """Bytes of the model: the bundle's figure, else its files on the mirror, else the catalogue's.

    0 where the planner may still choose among several formats.
    """
    parts = evidence.bundle.parts if evidence.bundle is not None else {}
    part = part_of(parts, evidence.site.site_model)
    if part is not None:
        return part.bytes
    if evidence.model is not None:
        return sum(evidence.model.directory.files.values())
    known = site_forms(evidence.site, evidence.plan, evidence.catalogue)
    return known[0].bytes if len(known) == 1 else 0
