# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/manifests/planned.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_labels
short_description: Labels that the nodes of a plan need
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - The racks of a plan, as module M(baremetal.sglang.node_labels) takes them.
options:
  _input:
    description: The plan, schema 1.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Tell the scheduler the racks
  baremetal.sglang.node_labels:
    nodes: "{{ plan | baremetal.sglang.planned_labels }}"
"""

RETURN = r"""
_value:
  description: For each host that the plan has a rack for, the label C(rack).
  type: dict
  sample: {gpu-01: {rack: rack-a}}
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.planned import (
    planned_labels,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan


def _planned_labels(plan: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return planned_labels(parse_plan(plan))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"planned_labels": _planned_labels}
