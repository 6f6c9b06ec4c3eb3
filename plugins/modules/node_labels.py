#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible module: labels of the cluster's nodes under one prefix."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_labels
short_description: Keep the labels of nodes under one prefix as declared
version_added: 0.2.0
author: baremetal.sglang maintainers (@baremetal)
description:
  - Owns every label whose name begins with O(prefix), on all nodes of the cluster. A label that
    O(nodes) does not have is removed, whoever set it, also from nodes that O(nodes) does not name.
  - Labels without the prefix, annotations and taints are never touched.
  - Labels are applied on the server side, with the field manager C(baremetal.sglang/) and the
    prefix without its slash.
  - In check mode the API server is asked by a dry run. Where there is no API server or no such node
    yet, the labels are shown with C(not asked).
extends_documentation_fragment:
  - baremetal.sglang.attributes
  - baremetal.sglang.kubernetes
options:
  nodes:
    description:
      - For each node's name a mapping of label names, without O(prefix), to values.
      - A value is empty or at most 63 letters, digits and C(-_.), with a letter or digit first and
        last. Whole numbers are taken as text.
      - V({}) removes every label under the prefix.
    type: dict
    required: true
  prefix:
    description:
      - A DNS name and a slash. The domains C(kubernetes.io) and C(k8s.io) are refused.
    type: str
    default: sglang.baremetal.io/
notes:
  - Runs on the controller; use C(delegate_to) or C(connection=local).
seealso:
  - module: baremetal.sglang.serving_group
"""

EXAMPLES = r"""
- name: Tell the scheduler the racks
  baremetal.sglang.node_labels:
    kubeconfig: ~/.kube/lab
    nodes:
      gpu-01: {rack: rack-a}
      gpu-02: {rack: rack-b}

- name: Remove every label of this collection
  baremetal.sglang.node_labels:
    kubeconfig: ~/.kube/lab
    nodes: {}
"""

RETURN = r"""
nodes:
  description: For each node that has any, its labels under the prefix, with their full names.
  returned: success
  type: dict
  sample: {gpu-01: {sglang.baremetal.io/rack: rack-a}}
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample: ["set sglang.baremetal.io/rack=rack-a on Node gpu-01"]
unknown:
  description: Nodes that O(nodes) has labels for and the cluster does not have.
  returned: failure for this reason
  type: list
  elements: str
  sample: [gpu-09]
"""

from functools import partial

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.node_labels import (
    NodeLabelsSpec,
    ensure,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import PREFIX
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.argspec import KUBERNETES
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)

ARGUMENTS = {
    "nodes": {"type": "dict", "required": True},
    "prefix": {"type": "str", "default": PREFIX},
    **KUBERNETES,
}


def operate(request: Request) -> Change:
    """Bring the labels to what was asked for."""
    asked = request.parameters
    connect = partial(Cluster.connect, kubeconfig=asked["kubeconfig"], context=asked["context"])
    spec = NodeLabelsSpec.parse(asked)
    return ensure(connect, spec, check_mode=request.check_mode, clock=Clock())


def main() -> None:
    """Run the module."""
    run_module(argument_spec=ARGUMENTS, operate=operate)


if __name__ == "__main__":
    main()
