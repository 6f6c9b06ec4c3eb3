#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible module: the plan of a site, made from its facts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: serving_plan
short_description: Make the plan of a site from its hosts, its model and an objective
version_added: 0.2.0
author: baremetal.sglang maintainers (@baremetal)
description:
  - Looks at every layout of the model on the hosts, takes the best one for O(objective) under
    O(constraints), places its ranks on hosts and racks, and derives the engine's arguments and
    environment from what the hosts have.
  - Writes the plan to O(path) as YAML of plan schema 1, the same bytes for the same input. It says
    why each choice was made, and names each refused layout with its figure and the nearest change
    that would make it work.
  - Where no layout works, it fails with the reasons and the nearest change. No file is written
    then.
  - The difference that Ansible shows has the fields that differ, and no others.
extends_documentation_fragment:
  - baremetal.sglang.attributes
  - baremetal.sglang.planning
requirements:
  - PyYAML (Python library)
notes:
  - Runs on the controller; use C(delegate_to) or C(connection=local). It asks no host.
seealso:
  - module: baremetal.sglang.serving_plan_info
  - module: baremetal.sglang.gpu_facts
  - module: baremetal.sglang.rdma_facts
  - module: baremetal.sglang.serving_group
"""

EXAMPLES = r"""
- name: Plan DeepSeek-R1 on two servers that the inventory declares
  baremetal.sglang.serving_plan:
    path: artifacts/my-site/plan.yml
    inventory: my-site
    model: deepseek-r1
    engine: sglang-cuda
    engine_version: "{{ catalogue_parts['sglang-cuda'].version }}"
    objective: throughput
    constraints:
      concurrency: 64
    hosts:
      - name: gpu-01
        address: 192.0.2.11
        hardware: &hardware
          gpu: h100-sxm-80gb
          gpus: 8
          tcp_gbps: 100
          memory_gib: 2048
          cores: 192
      - name: gpu-02
        address: 192.0.2.12
        hardware: *hardware
"""

RETURN = r"""
plan:
  description: The plan of schema 1, as it is written to O(path).
  returned: success
  type: dict
text:
  description: The plan as a text for people.
  returned: success
  type: str
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample: ["write artifacts/my-site/plan.yml: layout.pipeline_parallel: 4 -> 8"]
faults:
  description: Every reason why there is no plan.
  returned: failure to make a plan
  type: list
  elements: str
"""

from dataclasses import replace

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_text import plan_text
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import make_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.argspec import PLANNING
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.plan_file import save_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.planning_input import (
    read_question,
)

ARGUMENTS = PLANNING


def operate(request: Request) -> Change:
    """Make the plan and bring the file to it."""
    document = make_plan(read_question(request.parameters))
    change = save_plan(document, request.parameters["path"], check_mode=request.check_mode)
    return replace(change, result={"plan": document, "text": plan_text(document)})


def main() -> None:
    """Read the question, make the plan, report."""
    run_module(argument_spec=ARGUMENTS, operate=operate)


if __name__ == "__main__":
    main()
