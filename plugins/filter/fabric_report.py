# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/fabric/text.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fabric_report
short_description: The verdicts of the fabric gate as a table
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - A table of hosts and one of tests with figures and limits; of more than 60 tests those that did
    not pass or stand out.
options:
  _input:
    description: The report, as P(baremetal.sglang.fabric_verdict#filter) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the verdicts
  ansible.builtin.debug:
    msg: "{{ report | baremetal.sglang.fabric_report }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.text import report_lines


def fabric_report(report: Mapping[str, Any]) -> list[str]:
    """The lines of the report."""
    return report_lines(report)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"fabric_report": fabric_report}
