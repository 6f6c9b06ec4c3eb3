#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_report
short_description: Refuse a site with all its faults in one report
version_added: 0.1.0
description:
  - Compares inventory, variables, plan, catalogue, bundle and the facts of all hosts with what a
    site needs, and fails once with every fault that it finds.
  - Runs on the controller as an action plugin. It changes nothing.
author: baremetal.sglang maintainers (@baremetal)
options:
  probes:
    description: For each host the result of the task that looked for its Python.
    type: dict
    required: true
  facts:
    description: For each host the result of M(baremetal.sglang.host_facts).
    type: dict
    required: true
  catalogue_parts:
    description: The parts of the catalogue.
    type: dict
    required: true
  catalogue_sets:
    description: The sets of the catalogue.
    type: dict
    required: true
  mirror_ports:
    description:
      - TCP ports of the mirror, C(http) and C(registry), C(source) of a host that alone has the
        weights, and C(relay) of the nodes that pass the weights on; V(0) where none does.
    type: dict
    required: true
  forks_needed:
    description: Hosts that Ansible has to work on at the same time.
    type: int
    default: 1
  plan:
    description:
      - The plan that this run made. Empty before it is made, and for a site that brings its own,
        which is read from its file.
    type: dict
    default: {}
attributes:
  check_mode:
    description: The action only reads, so check mode makes no difference.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
seealso:
  - module: baremetal.sglang.host_facts
"""

EXAMPLES = r"""
- name: Report every fault before the first change
  baremetal.sglang.preflight_report:
    probes: "{{ probes }}"
    facts: "{{ facts }}"
    catalogue_parts: "{{ catalogue_parts }}"
    catalogue_sets: "{{ catalogue_sets }}"
    mirror_ports: {http: 8080, registry: 5000, source: 8091, relay: 8090}
"""

RETURN = r"""
faults:
  description: Every fault, sorted by place.
  returned: always
  type: list
  elements: dict
  contains:
    code: {description: Stable name of the kind of fault., type: str, returned: always}
    what: {description: The code as words., type: str, returned: always}
    where: {description: "Host, variable, or place in a file.", type: str, returned: always}
    found: {description: What is there., type: str, returned: always}
    needed: {description: What must be there., type: str, returned: always}
    fix: {description: One thing to do about it., type: str, returned: always}
"""
