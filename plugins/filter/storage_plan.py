# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/storage/plan.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: storage_plan
short_description: What becomes of the disks of a node
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Decides from what lies on the disks which of them become the storage of the models, what has to
    be made, and what is in the way. It changes nothing.
options:
  _input:
    description: What M(baremetal.sglang.disk_facts) returned.
    type: dict
    required: true
  devices:
    description: Serial numbers, or names in C(/dev/disk/by-id).
    type: list
    elements: str
    default: []
  discover:
    description: Whether all empty NVMe disks are taken.
    type: bool
    default: false
  least_gib:
    description: Size in GiB of the smallest disk that discovery takes.
    type: int
    default: 0
  raid0:
    description: Whether several disks become one RAID0.
    type: bool
    default: false
  wipe_confirmed:
    description: Whether disks named by their serial number may be erased.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what would become of the disks
  ansible.builtin.debug:
    msg: "{{ found | baremetal.sglang.storage_plan(devices=['S6CKNT0W700868']) }}"
"""

RETURN = r"""
_value:
  description:
    - C(faults), lines for a person, with one of which nothing may be done; C(actions), what has to
      be done, in words; C(disks), their serial numbers.
    - C(stop), arrays; C(wipe), devices to erase; C(members), the disks of C(array), and whether to
      C(create) or C(assemble) it; C(device) of the file system, its C(label) and whether to
      C(format) it; its C(uuid), which is empty before; C(own), the devices of disks that hold what
      the collection made; C(names), the kernel's names of the disks, and their C(kind) (V(nvme),
      V(ssd), V(hdd) or V(unknown)).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.storage import plan


def storage_plan(
    facts: Mapping[str, Any],
    *,
    devices: list[str] | None = None,
    discover: bool = False,
    least_gib: int = 0,
    raid0: bool = False,
    wipe_confirmed: bool = False,
) -> dict[str, Any]:
    """The plan as a dict."""
    values = {
        "devices": devices or [],
        "discover": discover,
        "least_gib": least_gib,
        "raid0": raid0,
        "wipe_confirmed": wipe_confirmed,
    }
    return plan.storage_plan(facts, values).as_dict()


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"storage_plan": storage_plan}
