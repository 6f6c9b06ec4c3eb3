# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/fabric/described.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fabric_host
short_description: A host of the fabric gate
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Brings together what a site declares of a host and what was found on it. A declared rate of a
    link is kept where the link is found slower.
options:
  _input:
    description: The host, as an entry of option O(baremetal.sglang.serving_plan#module:hosts).
    type: dict
    required: true
  facts:
    description: Ansible's facts of the host, of the subset C(network).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a host without RDMA
  ansible.builtin.debug:
    msg: >-
      {{ {'name': 'node1', 'address': '10.79.0.12', 'rack': 'a', 'leaf_switch': '', 'rails': [],
          'gpus': 0, 'hardware': {'tcp_gbps': 25.0}, 'gpu_facts': {}, 'rdma_facts': {},
          'host_facts': {}, 'storage': {}} | baremetal.sglang.fabric_host(facts=ansible_facts) }}
"""

RETURN = r"""
_value:
  description:
    - C(name), C(address), C(rack), C(tcp_gbps) (V(0.0) where nothing says it) and C(rails), each
      with C(device), C(port), C(link_layer), C(gbps), C(gid_index) and C(up).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.described import (
    described_host,
)


def fabric_host(values: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The host as plain values; raise AnsibleFilterError for faulty declarations and facts."""
    try:
        return described_host(values, facts)
    except InputError as error:
        raise AnsibleFilterError(f"fabric_host: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"fabric_host": fabric_host}
