# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/manifests/monitoring.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_monitoring
short_description: What a Prometheus that is there watches of a plan
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - A PodMonitor for the ranks of the plan's groups, one for the routers where there are any, and a
    PrometheusRule with alerts. The Prometheus Operator of the cluster turns them into scrapes and
    rules of each Prometheus that selects them.
options:
  _input:
    description: The plan, schema 1. Its arguments must have C(--enable-metrics).
    type: dict
    required: true
  namespace:
    description: Namespace of the groups, of the routers and of the objects.
    type: str
    required: true
  routers:
    description: Number of routers, V(0) for none.
    type: int
    required: true
  settings:
    description: What a site sets.
    type: dict
    required: true
    suboptions:
      interval_seconds:
        description: Seconds between two scrapes.
        type: int
        required: true
      labels:
        description: Labels of the objects, by which a Prometheus selects.
        type: dict
        required: true
      thresholds:
        description: Numbers of alerts, in the place of those that docs/alerts.md names.
        type: dict
        required: true
      runbooks:
        description: Address of a page with a section for each alert.
        type: str
        required: true
"""

EXAMPLES = r"""
- name: Watch the groups
  kubernetes.core.k8s:
    definition: >-
      {{ plan | baremetal.sglang.planned_monitoring(namespace='serving', routers=2,
         settings=settings) }}
  vars:
    settings:
      interval_seconds: 15
      labels: {release: monitoring}
      thresholds: {}
      runbooks: https://example.com/alerts
"""

RETURN = r"""
_value:
  description: The objects, in the order of applying.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring import (
    monitoring_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.monitoring_spec import (
    MonitoringSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan


def _planned_monitoring(
    plan: Mapping[str, Any], *, namespace: str, routers: int, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    try:
        spec = MonitoringSpec.of_plan(
            parse_plan(plan), namespace=namespace, routers=routers, settings=settings
        )
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error
    return monitoring_objects(spec)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"planned_monitoring": _planned_monitoring}
