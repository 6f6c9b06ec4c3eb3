# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/weights/parts.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: weights_parts
short_description: Who feeds whom when one model goes to many nodes
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - One chain of relays for each rack, the fastest node first; the source sends each byte once. A
    node below 0.8 of the median's speed gets whole files from a neighbour beside the chain.
  - Fails for nodes, a source or a token that no relay can be made of.
options:
  _input:
    description:
      - The nodes, with C(name) and C(address), and if they are known C(rack) and
        C(bytes_per_second) (the rate of the node's link). One that C(has_source) heads the chain.
    type: list
    elements: dict
    required: true
  holders:
    description: Names of nodes that hold the whole model. They only feed.
    type: list
    elements: str
    default: []
  aside:
    description: Names of nodes that proved too slow for a chain.
    type: list
    elements: str
    default: []
  source:
    description: URL of the model's directory.
    type: str
    required: true
  source_token:
    description: What relays show to the source; empty where it gives its files to everybody.
    type: str
    default: ""
  guarded:
    description:
      - Whether the source wants a secret that no relay may keep. The head of the chain then asks
        for each file itself.
    type: bool
    default: false
  model:
    description: The model's name.
    type: str
    required: true
  digest:
    description: SHA-256 of the model's list.
    type: str
    required: true
  root:
    description: Weights root of the node whose part is wanted.
    type: str
    required: true
  port:
    description: Port of the relays.
    type: int
    required: true
  token:
    description: What nodes show to relays, 32 hex digits or more.
    type: str
    required: true
  run_directory:
    description: Directory of a relay's pid and log.
    type: str
    default: /run/baremetal-sglang-relay
  relay_user:
    description: User that a relay's workers run as.
    type: str
    default: www-data
"""

EXAMPLES = r"""
- name: Show who feeds whom
  ansible.builtin.debug:
    msg: "{{ parts }}"
  vars:
    token: 0123456789abcdef0123456789abcdef
    parts: >-
      {{ [{'name': 'node1', 'address': '10.79.0.12'}, {'name': 'node2', 'address': '10.79.0.13'}]
         | baremetal.sglang.weights_parts(source='http://10.79.0.11:8080/models/m', model='m',
           digest='5f1d2c0e9b7a', root='/models', port=8090, token=token) }}
"""

RETURN = r"""
_value:
  description:
    - By the node's name its C(relay) (nginx configuration, empty for none), and the options
      C(feeds), C(stored_only) and C(relayed) of M(baremetal.sglang.model_weights).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parts import chain_parts


def weights_parts(
    nodes: Sequence[Mapping[str, Any]],
    holders: Sequence[str] = (),
    aside: Sequence[str] = (),
    **transfer: Any,
) -> dict[str, dict[str, Any]]:
    """The part of every node; raise AnsibleFilterError for input that is refused."""
    try:
        return chain_parts(nodes, holders, aside, **transfer)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"weights_parts": weights_parts}
