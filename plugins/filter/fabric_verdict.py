# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/fabric/verdict.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fabric_verdict
short_description: Which hosts and pairs passed the fabric gate
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Compares what was measured with the limits of the links, and names hosts at fault, paths
    between hosts at fault, and results that stand out from their peers.
options:
  _input:
    description: The plan, as P(baremetal.sglang.fabric_plan#filter) returns it.
    type: dict
    required: true
  results:
    description:
      - What M(baremetal.sglang.fabric_test) returned as C(fabric) on all hosts, each with the name
        of its C(test).
    type: list
    elements: dict
    required: true
  limits:
    description:
      - C(tcp_percent), C(rdma_percent), C(rack_crossing_percent), C(latency_usec) and
        C(outlier_percent), as far as they are not the collection's own.
    type: dict
    default: {}
  earlier:
    description: Hosts that an earlier run quarantined, each with the reason.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show who is quarantined
  ansible.builtin.debug:
    msg: "{{ (plan | baremetal.sglang.fabric_verdict(results=results)).quarantined }}"
"""

RETURN = r"""
_value:
  description:
    - C(schema) V(1); C(hosts) with C(status) and C(reasons); C(pairs) with C(hosts) and C(status);
      C(tests) with figure, limit and C(status); C(paths) at fault; C(quarantined) with reasons.
    - A status is V(passed), V(failed) or V(skipped).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.limits import Limits
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.verdict import verdict


def fabric_verdict(
    plan: Mapping[str, Any],
    results: Sequence[Mapping[str, Any]],
    limits: Optional[Mapping[str, Any]] = None,
    earlier: Optional[Mapping[str, str]] = None,
) -> dict[str, Any]:
    """The report as plain values; raise AnsibleFilterError for limits that are refused."""
    try:
        return verdict(plan, results, limits=Limits.parse(limits or {}), earlier=earlier or {})
    except InputError as error:
        raise AnsibleFilterError(f"fabric_verdict: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"fabric_verdict": fabric_verdict}
