# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/manifests/planned.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_groups
short_description: The groups of a plan as serving_group takes them
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - For each group of a plan the options of module M(baremetal.sglang.serving_group) that the plan
    decides. A group's own arguments follow those of the plan.
  - A group that lies in one rack, and shares it with no other group of the plan, has the rack for
    itself (C(exclusive_topology)).
options:
  _input:
    description: The plan, schema 1.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what becomes of a plan
  ansible.builtin.debug:
    msg: "{{ plan | baremetal.sglang.planned_groups }}"
"""

RETURN = r"""
_value:
  description:
    - C(name), C(ranks), C(exclusive_topology), C(served_model_name), C(arguments), C(environment),
      C(resources), C(ports), C(shared_memory_mib) and C(startup_seconds) of each group.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.planned import (
    planned_groups,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan


def _planned_groups(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    return planned_groups(parse_plan(plan))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"planned_groups": _planned_groups}
