# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/manifests/model_volumes.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_volumes
short_description: Local volumes of the weights on the hosts of a plan
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - The StorageClass C(model-storage), and for each host of a plan, spares included, a
    PersistentVolume with the host's node affinity and the PersistentVolumeClaim that takes it.
  - Module M(baremetal.sglang.serving_group) mounts these claims with
    C(weights_volume=local_volume).
options:
  _input:
    description: The plan, schema 1.
    type: dict
    required: true
  namespace:
    description: Namespace of the groups, in which the claims are.
    type: str
    required: true
  path:
    description: Directory of the model on the hosts.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Make the volumes of the weights
  kubernetes.core.k8s:
    definition: >-
      {{ plan | baremetal.sglang.planned_volumes(namespace='serving', path='/srv/models/smollm2') }}
"""

RETURN = r"""
_value:
  description: The objects, in the order of applying.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.model_volumes import (
    planned_volumes,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan


def _planned_volumes(plan: Mapping[str, Any], namespace: str, path: str) -> list[dict[str, Any]]:
    return planned_volumes(parse_plan(plan), namespace=namespace, path=path)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"planned_volumes": _planned_volumes}
