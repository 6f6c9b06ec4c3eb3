# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/storage/nfs.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nfs_faults
short_description: What is wrong with an NFS mount, before or after it is made
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Reads which transport each mount really uses. NFS 4 keeps one connection to a server, so a mount
    over RDMA of a server that is mounted over TCP succeeds and goes over TCP.
options:
  _input:
    description: Text of C(/proc/self/mountstats).
    type: str
    required: true
  source:
    description: What is to be mounted, C(SERVER:/PATH).
    type: str
    required: true
  path:
    description: Mount point.
    type: path
    required: true
  transport:
    description: Transport that the mount is to use.
    type: str
    choices: [tcp, rdma]
    required: true
  mounted:
    description: Whether the mount has been made, so that it is looked at itself.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Refuse a mount that goes over TCP
  ansible.builtin.assert:
    that: faults | length == 0
    fail_msg: "{{ faults | join('; ') }}"
  vars:
    faults: >-
      {{ lookup('ansible.builtin.file', '/proc/self/mountstats') | baremetal.sglang.nfs_faults(
         source='10.0.0.9:/models', path='/models', transport='rdma', mounted=true) }}
"""

RETURN = r"""
_value:
  description: The faults, a line each; none where all is well.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.storage import nfs


def nfs_faults(
    mountstats: str, *, source: str, path: str, transport: str, mounted: bool = False
) -> list[str]:
    """The faults as lines."""
    look = nfs.mounted_otherwise if mounted else nfs.obstacles
    return [fault.line() for fault in ordered(look(mountstats, source, path, transport))]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"nfs_faults": nfs_faults}
