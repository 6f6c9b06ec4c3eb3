# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/verification/placement.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: placement
short_description: Compare the ranks that run with the ranks of a plan
version_added: 0.1.0
author: baremetal.sglang maintainers
description:
  - Reads the rank and the host of each pod of an engine group and says where they differ from
    the plan.
options:
  _input:
    description: Pods of the engine groups, as C(kubernetes.core.k8s_info) returns them.
    type: list
    elements: dict
    required: true
  plan:
    description: The plan, schema 1.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse a placement that is not the plan's
  ansible.builtin.assert:
    that: (pods.resources | baremetal.sglang.placement(plan)).faults == []
"""

RETURN = r"""
_value:
  description:
    - C(ranks) with C(group), C(rank), C(pod), C(host), C(node_ip) and C(phase) of each pod, and
      C(faults), a sentence for each difference.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.verification.placement import (
    placement,
)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"placement": placement}
