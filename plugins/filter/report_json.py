# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/report/closing.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report_json
short_description: What a run ended with, as JSON
version_added: 0.1.0
author: baremetal.sglang maintainers
description:
  - The input of P(baremetal.sglang.closing_report#filter) as JSON of schema 1, without keys that
    the schema does not know.
  - Fails with all parts of the input that are missing or of the wrong type.
options:
  _input:
    description: The figures of the run, as for P(baremetal.sglang.closing_report#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the report beside the plan
  ansible.builtin.copy:
    content: "{{ verification_report | baremetal.sglang.report_json }}"
    dest: artifacts/lab/report.json
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The JSON text with a newline at its end.
  type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.report import closing


def report_json(data: Any) -> str:
    """Render the JSON; raise AnsibleFilterError for faulty input."""
    try:
        return closing.report_json(data)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"report_json": report_json}
