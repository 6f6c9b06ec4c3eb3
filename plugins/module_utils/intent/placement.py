# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan against inventory, catalogue and site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, nearest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import (
    Catalogue,
    part_fault,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan, Rank


def plan_faults(
    plan: Plan,
    *,
    site: Site,
    inventory: Inventory,
    catalogue: Catalogue,
    gpus: Mapping[str, int],
) -> Iterator[Fault]:
    """Faults of a well-formed plan on this site; C(gpus) is site_gpus of each host, 0 for any."""
    where = site.site_plan_file
    yield from _hosts(plan, where, inventory)
    yield from _shared_hosts(plan, where)
    yield from _gpu_numbers(plan, where, gpus)
    yield from engine_faults(plan.engine_part, f"{where}: engine.part", catalogue)
    if plan.model.name != site.site_model:
        yield Fault(
            code="plan_of_another_model",
            where=f"{where}: model.name",
            found=plan.model.name,
            needed=f"site_model, which is {site.site_model or 'not set'}",
            fix="plan again for site_model, or correct site_model",
        )


def engine_faults(engine: str, where: str, catalogue: Catalogue) -> Iterator[Fault]:
    """An engine image that the catalogue does not have."""
    if engine not in catalogue.of_kind("image"):
        yield part_fault("unknown_engine_part", where, engine, catalogue, "image")


def _hosts(plan: Plan, where: str, inventory: Inventory) -> Iterator[Fault]:
    serving = inventory.group("serving")
    for host in sorted({rank.host for rank in plan.ranks} - set(serving)):
        near = nearest(host, serving)
        yield Fault(
            code="rank_on_unknown_host",
            where=f"{where}: groups",
            found=f"a rank on {host}",
            needed=f"a host of the group serving: {', '.join(serving) or 'it is empty'}",
            fix=f"write {near}, or add {host} to serving" if near else f"add {host} to serving",
        )
    for group in plan.groups:
        if len(group.ranks) > len(serving):
            yield Fault(
                code="more_ranks_than_hosts",
                where=f"{where}: group {group.name}",
                found=f"{len(group.ranks)} ranks",
                needed=f"at most {len(serving)}: one for each host of the group serving",
                fix="choose a smaller layout, or add hosts to the group serving",
            )


def _shared_hosts(plan: Plan, where: str) -> Iterator[Fault]:
    """A host with ranks of several groups needs GPUs to tell them apart."""
    ranks: dict[str, list[Rank]] = defaultdict(list)
    for rank in plan.ranks:
        ranks[rank.host].append(rank)
    for host, several in sorted(ranks.items()):
        if len(several) > 1 and any(not rank.gpus for rank in several):
            yield Fault(
                code="host_in_two_groups",
                where=f"{where}: groups",
                found=f"{len(several)} ranks on {host}, not all with GPUs of their own",
                needed="one rank a host, or different GPUs for each rank",
                fix=f"move the other ranks away from {host}",
            )


def _gpu_numbers(plan: Plan, where: str, gpus: Mapping[str, int]) -> Iterator[Fault]:
    for rank in plan.ranks:
        limit = gpus.get(rank.host, 0)
        beyond = [gpu for gpu in rank.gpus if limit and gpu >= limit]
        if beyond:
            yield Fault(
                code="gpu_not_on_host",
                where=f"{where}: groups",
                found=f"GPU {', '.join(map(str, beyond))} of {rank.host}",
                needed=f"0 to {limit - 1}: site_gpus of {rank.host} is {limit}",
                fix="plan again, or correct site_gpus",
            )
