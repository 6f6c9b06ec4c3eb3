#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible module: read a plan and compare it with the facts of today."""

from __future__ import annotations

DOCUMENTATION = r"""
module: serving_plan_info
short_description: Read a plan, and say what has changed since it was made
version_added: 0.2.0
author: baremetal.sglang maintainers (@baremetal)
description:
  - Reads the plan at O(path), checks it against plan schema 1, and returns it unchanged.
  - A plan that was made by M(baremetal.sglang.serving_plan) holds what it was made from. Each of
    these facts that is different now is in RV(stale). A plan that was written by hand is never
    stale.
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
  - baremetal.sglang.planning
requirements:
  - PyYAML (Python library)
notes:
  - Runs on the controller; use C(delegate_to) or C(connection=local). It asks no host.
seealso:
  - module: baremetal.sglang.serving_plan
"""

EXAMPLES = r"""
- name: Read a plan that was reviewed
  baremetal.sglang.serving_plan_info:
    path: reviewed/plan.yml
    inventory: my-site
    model: deepseek-r1
    engine: sglang-cuda
    engine_version: "{{ catalogue_parts['sglang-cuda'].version }}"
    hosts:
      - name: gpu-01
        hardware: {gpu: h200-sxm-141gb, gpus: 8}
  register: reviewed
"""

RETURN = r"""
plan:
  description: The plan, as the file has it.
  returned: success
  type: dict
text:
  description: The plan as a text for people.
  returned: success
  type: str
stale:
  description: Facts that are not as they were when the plan was made.
  returned: success
  type: list
  elements: dict
  contains:
    where:
      description: The plan and the fact.
      type: str
      sample: "plan.yml: hosts.gpu-01.gpus"
    found:
      description: The fact as it is now.
      type: str
    needed:
      description: The fact for which the plan was made.
      type: str
    fix:
      description: What to do.
      type: str
faults:
  description: Every reason why the file is no plan.
  returned: failure to read the plan
  type: list
  elements: str
"""

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_text import plan_text
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.argspec import PLANNING
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.planning_input import (
    read_plan,
)

ARGUMENTS = PLANNING


def operate(request: Request) -> Finding:
    """Read the plan and compare it with the facts."""
    document, stale = read_plan(request.parameters)
    return Finding(
        result={
            "plan": document,
            "text": plan_text(document),
            "stale": [fault.as_dict() for fault in stale],
        }
    )


def main() -> None:
    """Read the plan, report."""
    run_module(argument_spec=ARGUMENTS, operate=operate)


if __name__ == "__main__":
    main()
