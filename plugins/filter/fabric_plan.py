# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/fabric/plan.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fabric_plan
short_description: The tests between hosts, and the steps in which they run
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Pairs hosts in rounds, so that no host is in two tests at once, every host has several partners,
    and racks are crossed. Rails are planned and skipped, for this version measures TCP alone.
options:
  _input:
    description: The hosts, as P(baremetal.sglang.fabric_host#filter) returns them.
    type: list
    elements: dict
    required: true
  rounds:
    description: Partners of each host.
    type: int
    default: 3
  all_pairs:
    description: Whether every host is tested with every other.
    type: bool
    default: false
  at_once:
    description: Tests of one step at most.
    type: int
    required: true
  seconds:
    description: Seconds of one measurement of a bandwidth.
    type: int
    default: 5
  streams:
    description: TCP connections of a test.
    type: int
    default: 4
  port:
    description: TCP port of the servers.
    type: int
    default: 5201
"""

EXAMPLES = r"""
- name: Show how many tests three partners for each host take
  ansible.builtin.debug:
    msg: "{{ (hosts | baremetal.sglang.fabric_plan(at_once=ansible_forks // 2)).tests | length }}"
"""

RETURN = r"""
_value:
  description:
    - C(hosts), their names; C(tests) by name, each with C(kind), C(client), C(server), C(rail),
      C(gbps), C(crossing), C(state) and C(reason).
    - C(kinds) of tests that each host runs.
    - C(steps), each a dict of the hosts that take part and their options for
      M(baremetal.sglang.fabric_test), with the name of the C(test).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.plan import (
    Request,
    make_plan,
)


def fabric_plan(
    hosts: Sequence[Mapping[str, Any]],
    *,
    at_once: int,
    rounds: int = 3,
    all_pairs: bool = False,
    **how: int,
) -> dict[str, Any]:
    """The plan as plain values; raise AnsibleFilterError for hosts that are refused."""
    values = {"seconds": 5, "streams": 4, "port": 5201, **how}
    request = Request(rounds=rounds, all_pairs=all_pairs, at_once=at_once, **values)
    try:
        return make_plan(hosts, request)
    except InputError as error:
        raise AnsibleFilterError(f"fabric_plan: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"fabric_plan": fabric_plan}
