# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/manifests/router.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_router
short_description: The router in front of the groups of a plan
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - A Service, a PodDisruptionBudget and a Deployment, all named C(router). The leaders of the
    plan's groups are its engines, by name; what an intent file sets of the router is in the plan.
  - The pods mount the Secret C(router-keys), which must be there. Each of its entries is the key of
    a tenant and has the tenant's name.
options:
  _input:
    description: The plan, schema 1.
    type: dict
    required: true
  namespace:
    description: Namespace of the groups and of the router.
    type: str
    required: true
  image:
    description: Image of the router, with its tag.
    type: str
    required: true
  replicas:
    description: Number of routers, 1 or more.
    type: int
    required: true
  node_port:
    description: Port under which every node answers for the router. V(0) opens none.
    type: int
    default: 0
  keys_version:
    description:
      - The C(resourceVersion) of the Secret. Routers that read an older one are replaced, one after
        another.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Make the router
  kubernetes.core.k8s:
    definition: >-
      {{ plan | baremetal.sglang.planned_router(namespace='serving', image=image, replicas=2) }}
"""

RETURN = r"""
_value:
  description: The objects, in the order of applying.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router import (
    router_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router_spec import (
    RouterSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan


def _planned_router(
    plan: Mapping[str, Any],
    *,
    namespace: str,
    image: str,
    replicas: int,
    node_port: int = 0,
    keys_version: str = "",
) -> list[dict[str, Any]]:
    try:
        spec = RouterSpec.of_plan(
            parse_plan(plan),
            namespace=namespace,
            image=image,
            replicas=replicas,
            node_port=node_port,
        )
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error
    return router_objects(replace(spec, keys_version=keys_version))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"planned_router": _planned_router}
