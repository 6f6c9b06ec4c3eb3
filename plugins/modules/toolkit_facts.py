#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what a host has of NVIDIA's container toolkit, without changing it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: toolkit_facts
short_description: Read NVIDIA's container toolkit of a host
version_added: 0.2.0
description:
  - Reads the packages of the toolkit and of its ancestors, what earlier installations left,
    containerd's drop-ins, and for which driver and devices the CDI specification was made.
author:
  - baremetal.sglang maintainers (@baremetal)
options:
  root:
    description: File tree of the host to read, with C(sys), C(dev), C(etc), C(run) and C(var).
    type: path
    default: /
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
requirements:
  - dpkg on the host
seealso:
  - plugin: baremetal.sglang.toolkit_plan
    plugin_type: filter
    description: Decides what becomes of the toolkit.
  - module: baremetal.sglang.driver_facts
"""

EXAMPLES = r"""
- name: Read the container toolkit
  baremetal.sglang.toolkit_facts:
  become: true
  register: found

- name: Require a CDI specification of the driver that runs
  ansible.builtin.assert:
    that: found.toolkit.specification.driver == found.toolkit.loaded
"""

RETURN = r"""
toolkit:
  description: The container toolkit of the host.
  returned: success
  type: dict
  contains:
    gpus: {description: PCI addresses of NVIDIA GPUs., type: list, elements: str}
    loaded: {description: Version of the loaded driver; empty without one., type: str}
    nodes: {description: Device nodes of GPUs., type: list, elements: str}
    packages:
      description:
        - Installed packages of the toolkit, its ancestors and Docker, with C(name), C(version),
          C(held).
      type: list
      elements: dict
    leftovers: {description: Paths that earlier installations left., type: list, elements: str}
    source: {description: Whether role container_runtime wrote the package source., type: bool}
    drop_ins:
      description:
        - Drop-ins of containerd, without that of role container_runtime. C(path), the C(version)
          that it states (V(0) where it states none), C(runtime), whether it defines a runtime
          called nvidia.
      type: list
      elements: dict
    specification:
      description:
        - C(driver) that the CDI specification was made for, empty without one, and the C(nodes)
          of the GPUs in it.
      type: dict
    operator: {description: Whether the GPU Operator installed a toolkit., type: bool}
"""

from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.run import run
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.toolkit import (
    read_toolkit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)


def operate(request: Request) -> Finding:
    """Read the toolkit of a file tree."""
    return Finding({"toolkit": read_toolkit(run, Path(request.parameters["root"]))})


def main() -> None:
    """Read the toolkit, report."""
    run_module(argument_spec={"root": {"type": "path", "default": "/"}}, operate=operate)


if __name__ == "__main__":
    main()
