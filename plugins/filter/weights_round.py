# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/weights/transfer_values.py: the next round."""

from __future__ import annotations

DOCUMENTATION = r"""
name: weights_round
short_description: The next round of a transfer to many nodes
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - The first round of a large model brings a sample. Those after it bring the rest; a node that
    proved slow is fed beside the chain, and nodes that hold the whole model only feed.
options:
  _input:
    description: The nodes that are left, as P(baremetal.sglang.weights_parts#filter) takes them.
    type: list
    elements: dict
    required: true
  results:
    description:
      - By the node's name what M(baremetal.sglang.model_weights) returned last as C(weights).
    type: dict
    required: true
  limits:
    description:
      - C(sample_bytes) of a first round (V(0) for none), C(deadline_seconds) for all rounds
        together, C(timeout_seconds) for one attempt at a file, C(parallel) files of a node.
    type: dict
    required: true
  before:
    description: The round before, empty for none.
    type: dict
    default: {}
  logs:
    description: By the node's name the log of its relay.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the next round
  ansible.builtin.debug:
    msg: >-
      {{ [{'name': 'node1', 'address': '10.79.0.12'}] | baremetal.sglang.weights_round(
         results={'node1': survey.weights}, limits={'sample_bytes': 0, 'deadline_seconds': 3600,
         'timeout_seconds': 900, 'parallel': 4}) }}
"""

RETURN = r"""
_value:
  description:
    - C(number) from 1, C(holders) and C(aside) (names of nodes), C(spent_seconds), and
      C(share_bytes), C(run_seconds) (V(0) when the time is over) and C(timeout_seconds) for
      M(baremetal.sglang.model_weights).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.transfer_values import (
    round_values,
)


def weights_round(
    nodes: Sequence[Mapping[str, Any]],
    results: Mapping[str, Mapping[str, Any]],
    limits: Mapping[str, Any],
    before: Optional[Mapping[str, Any]] = None,
    logs: Optional[Mapping[str, str]] = None,
) -> dict[str, Any]:
    """The round as plain values; raise AnsibleFilterError for input that is refused."""
    try:
        return round_values(nodes, results, logs or {}, before or {}, limits)
    except (InputError, ValueError) as error:
        raise AnsibleFilterError(f"weights_round: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"weights_round": weights_round}
