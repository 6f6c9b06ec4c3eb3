# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/driver/toolkit.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: toolkit_plan
short_description: What becomes of NVIDIA's container toolkit on a host
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Decides from what a host has which packages, drop-in and CDI specification it needs, what goes,
    and what is in the way. It changes nothing.
options:
  _input:
    description: What M(baremetal.sglang.toolkit_facts) returned.
    type: dict
    required: true
  state:
    description: Whether the toolkit is wanted; V(auto) wants it where there are GPUs.
    type: str
    choices: [auto, present, absent]
    required: true
  release:
    description: The part C(nvidia-container-toolkit) of the catalogue. Not read for V(absent).
    type: dict
    required: true
  config_version:
    description: Version of containerd's configuration in its root file.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show what would become of the container toolkit
  ansible.builtin.debug:
    msg: "{{ found | baremetal.sglang.toolkit_plan('auto', part, 3) }}"
  vars:
    part: "{{ catalogue_parts['nvidia-container-toolkit'] }}"
"""

RETURN = r"""
_value:
  description:
    - C(needed), whether a toolkit is wanted; C(faults), lines for a person, with one of which
      nothing may be done; C(actions), what has to be done, in words.
    - C(packages), each as NAME=VERSION; their names, C(held); C(pinned), names that apt takes in
      version C(pin) alone; C(repository) with C(uri), C(key) and C(fingerprint); C(purge), legacy
      packages, and C(remove), paths, that go; C(config_version) and C(cri_table) of the drop-in;
      C(refresh), why the CDI specification has to be made again; C(own), the packages that an undo
      removes.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.driver import toolkit


def toolkit_plan(
    facts: Mapping[str, Any], state: str, release: Mapping[str, Any], config_version: int
) -> dict[str, Any]:
    """The plan as a dict."""
    return toolkit.toolkit_plan(facts, toolkit.Intent(state, release, config_version)).as_dict()


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"toolkit_plan": toolkit_plan}
