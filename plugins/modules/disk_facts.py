#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read which disks a host has and what lies on them, without changing them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: disk_facts
short_description: Read the disks of a host and what lies on them
version_added: 0.2.0
description:
  - Reads whole disks with C(lsblk), every signature on them and their partitions with C(wipefs)
    (which only reads here), and their stable names from C(/dev/disk/by-id).
  - A disk without a device node is left out, so a container has none.
author:
  - baremetal.sglang maintainers (@baremetal)
options:
  path:
    description: A mount point to look at, whether something is mounted there or not.
    type: path
    required: true
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
requirements:
  - util-linux 2.37 or newer on the host
notes:
  - Devices can only be read by root; run it with C(become).
seealso:
  - plugin: baremetal.sglang.storage_plan
    plugin_type: filter
    description: Decides what becomes of the disks.
"""

EXAMPLES = r"""
- name: Read the disks
  baremetal.sglang.disk_facts:
    path: /var/lib/baremetal-sglang/models
  become: true
  register: found

- name: Show the empty disks
  ansible.builtin.debug:
    msg: "{{ item.serial }}: {{ item.size_bytes }} bytes"
  loop: "{{ found.disks }}"
  loop_control:
    label: "{{ item.name }}"
  when: not (item.signatures or item.children or item.mountpoints)
"""

RETURN = r"""
disks:
  description: The whole disks by name.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: "The kernel's name, which may change at the next boot.", type: str}
    path: {description: The device., type: str}
    size_bytes: {description: Size in bytes., type: int}
    serial: {description: "Serial number, or an empty string.", type: str}
    model: {description: "Model, or an empty string.", type: str}
    transport: {description: "V(nvme), V(sata), ... or an empty string.", type: str}
    rotational: {description: "Whether it says that it turns, as virtual disks may.", type: bool}
    read_only: {description: Whether it cannot be written., type: bool}
    error: {description: "Why it could not be read, or an empty string.", type: str}
    links: {description: Its names in C(/dev/disk/by-id)., type: list, elements: str}
    signatures:
      description: "What libblkid finds on it, each with C(type), C(label) and C(uuid)."
      type: list
      elements: dict
    mountpoints:
      description: "Where the disk itself is mounted; C([SWAP]) for swap space in use."
      type: list
      elements: str
    children:
      description:
        - Devices that lie on it, with C(path), C(type) (as C(lsblk) calls it), C(signatures),
          C(mountpoints), and of an md array C(raid_disks) and C(raid_state) (C(array_state)).
      type: list
      elements: dict
place:
  description: "O(path), with the C(source) mounted there, else the first C(entries) it holds."
  returned: success
  type: dict
"""

from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.diskprobe.probe import (
    read_disks,
    read_place,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.diskprobe.run import run
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)


def operate(request: Request) -> Finding:
    """Read the disks of this machine."""
    root = Path("/")
    disks = read_disks(run, root)
    return Finding({"disks": disks, "place": read_place(run, root, request.parameters["path"])})


def main() -> None:
    """Read the disks, report."""
    run_module(argument_spec={"path": {"type": "path", "required": True}}, operate=operate)


if __name__ == "__main__":
    main()
