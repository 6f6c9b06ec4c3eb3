# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters over module_utils/driver."""

from __future__ import annotations

DOCUMENTATION = r"""
name: driver_plan
short_description: What becomes of the NVIDIA driver of a host
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Decides from what a host has which packages its driver needs, of which exact version, and what
    is in the way. It changes nothing.
options:
  _input:
    description: What M(baremetal.sglang.driver_facts) returned.
    type: dict
    required: true
  release:
    description: The part C(nvidia-driver) of the catalogue.
    type: dict
    required: true
  engine_cuda:
    description: Version of CUDA in the engine's image, such as V(13.0).
    type: str
    required: true
  kernel_modules:
    description: The flavour of the kernel modules.
    type: str
    choices: [auto, open, proprietary]
    default: auto
"""

EXAMPLES = r"""
- name: Show what would become of the driver
  ansible.builtin.debug:
    msg: "{{ found | baremetal.sglang.driver_plan(catalogue_parts['nvidia-driver'], '13.0') }}"
"""

RETURN = r"""
_value:
  description:
    - C(needed), false on a host without NVIDIA GPU; C(faults), lines for a person, with one of
      which nothing may be done; C(actions), what has to be done, in words.
    - C(modules), the flavour; C(version) of the driver; C(packages), each as NAME=VERSION; their
      names, C(held); C(headers), the package of the kernel's; C(units), services;
      C(fabric_manager), whether one is needed; C(repository) with C(uri), C(key) and
      C(fingerprint); C(pin), the version that apt prefers; C(reboot), why one is needed; C(own),
      the packages that a reset removes.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.driver import plan


def driver_plan(
    facts: Mapping[str, Any],
    release: Mapping[str, Any],
    engine_cuda: str,
    *,
    kernel_modules: str = "auto",
) -> dict[str, Any]:
    """The plan as a dict."""
    return plan.driver_plan(facts, plan.Request(release, engine_cuda, kernel_modules)).as_dict()


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"driver_plan": driver_plan}
