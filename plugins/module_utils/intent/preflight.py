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
    list_faults,
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
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.networks import (
    network_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.placement import (
    engine_faults,
    model_faults,
    plan_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.ports import (
    port_faults,
    wanted_ports,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.room import (
    Demand,
    disk_demands,
    part_of,
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
    """The model in the bundle: its place, its files, and the names of its SHA-256 list."""

    where: str
    directory: Directory
    listed: frozenset[str]


@dataclass(frozen=True)
class Evidence:
    """All that preflight knows.

    C(input_faults) are those found while the input was read; C(bundle) and C(model) are None on a
    connected site and where the mirror gave no facts, C(plan) is None if it has faults or is made
    later. C(gpus) is site_gpus of each host, C(now) the controller's clock (seconds) after the last
    host answered.
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
    gpus: Mapping[str, int]
    now: float

    @property
    def facts(self) -> Mapping[str, HostFacts]:
        """Facts of the hosts that gave some."""
        return {host: s.facts for host, s in self.states.items() if s.facts is not None}


def preflight(evidence: Evidence) -> tuple[Fault, ...]:
    """All faults, each once, in reading order."""
    return ordered(fault for faults in (_input, _things, _hosts) for fault in faults(evidence))


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
    yield from model_faults(evidence.site, evidence.catalogue)
    yield from controller_faults(evidence.controller)
    if evidence.bundle is not None:
        yield from bundle_faults(evidence.bundle, evidence.catalogue, evidence.site.site_model)
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
    ports = wanted_ports(site, evidence.mirror_ports)
    yield from port_faults(ports, inventory, facts)
    yield from room_faults(inventory, evidence.plan, facts, _demands(evidence))


def _demands(evidence: Evidence) -> Mapping[str, tuple[Demand, ...]]:
    """Disk that the serving hosts need, by the sizes that the bundle's manifest gives."""
    parts = evidence.bundle.parts if evidence.bundle is not None else {}
    site = evidence.site
    engine = evidence.plan.engine_part if evidence.plan is not None else site.site_engine
    return {
        host: disk_demands(
            image=part_of(parts, engine),
            model=part_of(parts, site.site_model),
            weights=f"{site.site_weights_destination}/{site.site_model}",
            fact=fact,
        )
        for host, fact in evidence.facts.items()
        if host in evidence.inventory.group("serving")
    }
