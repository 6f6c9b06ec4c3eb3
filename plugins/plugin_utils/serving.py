# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module serving_group would refuse of a plan, asked before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.planned import (
    planned_groups,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan


def serving_faults(plan: Plan, source: str) -> Iterator[Fault]:
    """Faults of each group of a plan; C(source) is the plan's path."""
    for parameters in planned_groups(plan):
        try:
            ServingGroupSpec.parse(_takes(parameters))
        except InputError as error:
            for line in error.details["faults"]:
                yield Fault(
                    code="serving_group_refused",
                    where=f"{source}: group {parameters['name']}",
                    found=line,
                    needed="what module serving_group takes",
                    fix="correct the plan",
                )


def _takes(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of serving_group as role sglang gives them for a group of a plan.

    What comes from the site, the catalogue and the inventory has rules of its own: a right value
    stands in for it, so that one fault is not reported as two.
    """
    return {
        **parameters,
        "namespace": "serving",
        "replicas": 1,
        "ranks": [{**rank, "host": f"node{rank['rank']}"} for rank in parameters["ranks"]],
        "image": "example.org/engine:v1",
        "model_path": "/models/model",
        "model_mount_path": None,
        "termination_grace_seconds": 1,
        "node_port": 0,
        "weights_volume": "host_path",
    }
