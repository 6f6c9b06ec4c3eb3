#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what driver an NVIDIA host has, without changing it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: driver_facts
short_description: Read the NVIDIA driver of a host and what stands in its way
version_added: 0.2.0
description:
  - Reads which kernel module is loaded, which packages of a driver are installed and held, whether
    the running kernel has headers, nouveau, Secure Boot, and drivers that apt did not install.
  - GPUs are named by their PCI device ID, for there is no other name before a driver runs.
author:
  - baremetal.sglang maintainers (@baremetal)
options:
  root:
    description: File tree of the host to read, with C(sys), C(proc), C(etc), C(lib) and C(var).
    type: path
    default: /
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
requirements:
  - dpkg and apt on the host
seealso:
  - plugin: baremetal.sglang.driver_plan
    plugin_type: filter
    description: Decides what becomes of the driver.
  - module: baremetal.sglang.gpu_facts
"""

EXAMPLES = r"""
- name: Read the driver
  baremetal.sglang.driver_facts:
  become: true
  register: found

- name: Require that the loaded module is the installed one
  ansible.builtin.assert:
    that: found.driver.loaded.version in versions | join(' ')
  vars:
    versions: "{{ found.driver.packages | map(attribute='version') }}"
"""

RETURN = r"""
driver:
  description: The driver of the host.
  returned: success
  type: dict
  contains:
    distribution: {description: Such as V(debian-13)., type: str}
    kernel:
      description:
        - C(release) of the running kernel; C(headers), whether its headers are installed;
          C(headers_available), whether apt could install the package C(linux-headers-RELEASE).
      type: dict
    gpus:
      description: NVIDIA GPUs on the PCI bus, with C(address) and C(device), its PCI device ID.
      type: list
      elements: dict
    nvswitches: {description: Number of NVSwitches on the PCI bus., type: int}
    loaded:
      description: C(version) of the loaded module and its flavour C(modules); empty without one.
      type: dict
    packages:
      description: Installed packages of drivers and beside them, with C(name), C(version), C(held).
      type: list
      elements: dict
    nouveau: {description: Whether the kernel module nouveau is loaded., type: bool}
    secure_boot:
      description:
        - Whether it is C(enabled); C(key), the file of the key that DKMS signs modules with, or an
          empty string; whether that key is C(enrolled) in the firmware or in shim.
      type: dict
    runfile: {description: Whether NVIDIA's runfile installed a driver., type: bool}
    container: {description: Whether a driver container of the GPU Operator runs., type: bool}
    member: {description: Whether the host belongs to a Kubernetes cluster., type: bool}
"""

import platform
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.probe import (
    read_driver,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.driverprobe.run import run
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)


def operate(request: Request) -> Finding:
    """Read the driver of a file tree; the kernel is this machine's."""
    root = Path(request.parameters["root"])
    return Finding({"driver": read_driver(run, root, platform.release())})


def main() -> None:
    """Read the driver, report."""
    run_module(argument_spec={"root": {"type": "path", "default": "/"}}, operate=operate)


if __name__ == "__main__":
    main()
