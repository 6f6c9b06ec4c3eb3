# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module serving_group would refuse of a plan, asked before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import Catalogue
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Group, Plan


def serving_faults(plan: Plan, site: Site, catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of each group of a plan whose engine is an image of the catalogue."""
    if plan.engine_part not in catalogue.of_kind("image"):
        return
    part = catalogue.parts[plan.engine_part]
    for group in plan.groups:
        parameters = _parameters(group, plan, site, f"{part['image']}:{part['tag']}")
        try:
            ServingGroupSpec.parse(parameters)
        except InputError as error:
            for line in error.details["faults"]:
                yield Fault(
                    code="serving_group_refused",
                    where=f"{site.site_plan_file}: group {group.name}",
                    found=line,
                    needed="what module serving_group takes",
                    fix="correct the plan",
                )


def _parameters(group: Group, plan: Plan, site: Site, image: str) -> dict[str, Any]:
    """Parameters of serving_group as role sglang gives them; those that it leaves out are right."""
    return {
        "name": group.name,
        "namespace": site.site_serving_namespace,
        "replicas": 1,
        "ranks": [
            {"rank": rank.rank, "host": rank.host, "gpus": list(rank.gpus)} for rank in group.ranks
        ],
        "image": image,
        "served_model_name": plan.model.name,
        "model_path": f"{site.site_weights_destination}/{plan.model.name}",
        "model_mount_path": None,
        "arguments": list(plan.arguments),
        "environment": dict(plan.environment),
        "resources": {"cpu": plan.resources.cpu, "memory_gib": plan.resources.memory_gib},
        "ports": {"serving": plan.ports.serving, "distributed": plan.ports.distributed},
        "shared_memory_mib": plan.shared_memory_mib,
        "startup_seconds": plan.startup_seconds,
        "termination_grace_seconds": 1,
        "node_port": 0,
    }
