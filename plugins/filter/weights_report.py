# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/weights/transfer_values.py: how a transfer went."""

from __future__ import annotations

DOCUMENTATION = r"""
name: weights_report
short_description: How a transfer to many nodes went
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - For each node its bytes, seconds, rate, attempts and feeders, and its time as a multiple of
    what its link alone would take; what the source sent; and where wrong bytes came first.
options:
  _input:
    description: By the node's name all C(weights) that M(baremetal.sglang.model_weights) returned.
    type: dict
    required: true
  nodes:
    description: The nodes of the chain, as P(baremetal.sglang.weights_parts#filter) takes them.
    type: list
    elements: dict
    default: []
  logs:
    description: By the node's name the log of its relay.
    type: dict
    default: {}
  port:
    description: Port of the relays.
    type: int
    default: 8090
"""

EXAMPLES = r"""
- name: Show how the transfer went
  ansible.builtin.debug:
    msg: "{{ ({'node1': [landed.weights]} | baremetal.sglang.weights_report).lines }}"
"""

RETURN = r"""
_value:
  description:
    - C(source_bytes) that the source sent and C(model_bytes), the most that a node fetched;
      C(nodes) with C(host), C(fetched_bytes), C(seconds), C(wire_ratio) (V(0.0) where the link's
      rate is unknown), C(retries) and C(feeders); C(wrong), lines for files that came with wrong
      bytes; and C(lines), all of it for people.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.transfer_values import (
    report_values,
)


def weights_report(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    nodes: Sequence[Mapping[str, Any]] = (),
    logs: Optional[Mapping[str, str]] = None,
    port: int = 8090,
) -> dict[str, Any]:
    """The report; raise AnsibleFilterError for input that is refused."""
    try:
        return report_values(nodes, runs, logs or {}, port)
    except (InputError, ValueError) as error:
        raise AnsibleFilterError(f"weights_report: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"weights_report": weights_report}
