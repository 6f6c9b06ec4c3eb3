# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/intent/addition.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: node_addition
short_description: Which nodes are added to a cluster and which feed them
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Takes the hosts that were asked for, else the workers that the cluster does not have. At most
    two nodes that are ready and serve feed them, those in a rack of an added one first.
options:
  _input:
    description: The Node objects of the cluster.
    type: list
    elements: dict
    required: true
  asked:
    description: Names of the hosts that were asked for.
    type: list
    elements: str
    default: []
  workers:
    description: Names of the hosts that are or become nodes.
    type: list
    elements: str
    required: true
  serving:
    description: Names of the hosts that hold the weights.
    type: list
    elements: str
    required: true
  racks:
    description: By the host's name its rack, empty where nobody said.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what would be added
  ansible.builtin.debug:
    msg: >-
      {{ found.resources | baremetal.sglang.node_addition(workers=groups['workers'],
         serving=groups['serving']) }}
"""

RETURN = r"""
_value:
  description:
    - C(added), C(feeders) and C(faults), lines for a person, with one of which nothing may be done.
  type: dict
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Callable, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.intent.addition import plan_addition


def node_addition(
    nodes: Sequence[Mapping[str, Any]],
    workers: Sequence[str],
    serving: Sequence[str],
    asked: Sequence[str] = (),
    racks: Optional[Mapping[str, str]] = None,
) -> dict[str, Any]:
    """The addition as a dict."""
    found = plan_addition(asked, workers=workers, serving=serving, racks=racks or {}, nodes=nodes)
    return {name: list(values) for name, values in asdict(found).items()}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Map the names of the filters to their functions."""
        return {"node_addition": node_addition}
