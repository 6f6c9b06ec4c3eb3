# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/report/closing.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: closing_report
short_description: What a run ended with, as text for a terminal
version_added: 0.1.0
author: baremetal.sglang maintainers
description:
  - Question and answer, where each rank ran, what was real and what was simulated, the time of
    each phase and the commands to try next, in 80 columns.
  - Fails with all parts of the input that are missing or of the wrong type.
options:
  _input:
    description: The figures of the run.
    type: dict
    required: true
    suboptions:
      endpoint:
        description: C(url) and C(model) of the engine's OpenAI endpoint.
        type: dict
        required: true
      question:
        description: What was asked.
        type: str
        required: true
      answer:
        description: What the engine answered.
        type: str
        required: true
      tokens_per_second:
        description: Tokens of the answer over the seconds it took.
        type: float
        required: true
      weights:
        description:
          - What the run fetched, as P(baremetal.sglang.weights_report#filter) returns it. It has no
            C(nodes) where every node had its weights.
        type: dict
        required: true
      startup:
        description: C(seconds) of the engine's start and C(load_seconds) of loading the weights.
        type: dict
        required: true
      ranks:
        description: C(rank), C(pod), C(host) and C(node_ip) of each rank.
        type: list
        elements: dict
        required: true
      parts:
        description: C(name) of a part, whether it is C(real), and C(how) it is run or simulated.
        type: list
        elements: dict
        required: true
      phases:
        description: C(name), C(seconds) and C(result), as the callback timeline writes them.
        type: list
        elements: dict
        required: true
      next_commands:
        description: Commands that a person tries next.
        type: list
        elements: str
        required: true
      warnings:
        description: What a person should know of this site.
        type: list
        elements: str
        required: true
      versions:
        description: Version of each part by its name.
        type: dict
        required: true
"""

EXAMPLES = r"""
- name: Show what the run ended with
  ansible.builtin.debug:
    msg: "{{ verification_report | baremetal.sglang.closing_report }}"
"""

RETURN = r"""
_value:
  description: The text, lines separated by newlines.
  type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.report import closing


def closing_report(data: Any) -> str:
    """Render the text; raise AnsibleFilterError for faulty input."""
    try:
        return closing.closing_report(data)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"closing_report": closing_report}
