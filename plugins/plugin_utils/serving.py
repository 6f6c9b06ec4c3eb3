# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module serving_group would refuse of a plan, asked before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Group, Plan


def serving_faults(plan: Plan, source: str) -> Iterator[Fault]:
    """Faults of each group of a plan; C(source) is the plan's path."""
    for group in plan.groups:
        try:
            ServingGroupSpec.parse(_parameters(group, plan))
        except InputError as error:
            for line in error.details["faults"]:
                yield Fault(
                    code="serving_group_refused",
                    where=f"{source}: group {group.name}",
                    found=line,
                    needed="what module serving_group takes",
                    fix="correct the plan",
                )


def _parameters(group: Group, plan: Plan) -> dict[str, Any]:
    """Parameters of serving_group as role sglang takes them from a plan.

    What comes from the site, the catalogue and the inventory has rules of its own: a right value
    stands in for it, so that one fault is not reported as two.
    """
    return {
        "name": group.name,
        "namespace": "serving",
        "replicas": 1,
        "ranks": [
            {"rank": rank.rank, "host": f"node{rank.rank}", "gpus": list(rank.gpus)}
            for rank in group.ranks
        ],
        "image": "example.org/engine:v1",
        "served_model_name": plan.model.name,
        "model_path": "/models/model",
        "model_mount_path": None,
        "arguments": list(plan.arguments),
        "environment": dict(plan.environment),
        "resources": {"cpu": plan.resources.cpu, "memory_gib": plan.resources.memory_gib},
        "ports": {"serving": plan.ports.serving, "distributed": plan.ports.distributed},
        "shared_memory_mib": plan.shared_memory_mib,
        "startup_seconds": plan.startup_seconds,
        "termination_grace_seconds": 1,
        "node_port": 0,
        "exclusive_topology": "",
    }
