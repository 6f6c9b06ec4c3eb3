# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/verification/startup.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: startup_times
short_description: How long an engine took to start, from its metrics
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Reads the gauge C(sglang:startup_time_seconds) of the leader of an engine group.
options:
  _input:
    description: Text of the engine's C(/metrics).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show how long the engine took to load the weights
  ansible.builtin.debug:
    msg: "{{ (metrics.content | baremetal.sglang.startup_times).load_seconds }} s"
"""

RETURN = r"""
_value:
  description:
    - C(seconds) of the whole start and C(load_seconds) of loading the weights, as the leader's
      host saw them. V(0.0) where the metrics do not say it.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.verification.startup import (
    startup_times,
)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"startup_times": startup_times}
