# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/manifests/topology.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: exclusive_topology
short_description: The node label whose one value a group of a plan has for itself
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - A group that fits into one rack and shares it with no other group of the plan keeps to it.
options:
  _input:
    description: The plan, schema 1.
    type: dict
    required: true
  group:
    description: Name of one of the plan's groups.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say how the group is kept together
  ansible.builtin.debug:
    msg: "{{ plan | baremetal.sglang.exclusive_topology('deepseek-r1') }}"
"""

RETURN = r"""
_value:
  description:
    - V(sglang.baremetal.io/rack), or nothing where the plan has no racks, the group lies in several
      or another group lies in its rack.
  type: str
"""

from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.topology import (
    exclusive_topology,
)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"exclusive_topology": exclusive_topology}
