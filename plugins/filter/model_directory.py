# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/intent/model.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: model_directory
short_description: Where a mirror keeps a model in one weight format
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - The directory below C(models/) of a bundle. It is the one that the catalogue gives to a part of
    kind C(model), else the repository of the format in the planner's catalogue, else the model's
    name.
  - Fails for a model that nothing knows, and for a format that the model does not have.
positional: parts, weight_format
options:
  _input:
    description: The model's name.
    type: str
    required: true
  parts:
    description: The parts of the catalogue.
    type: dict
    required: true
  weight_format:
    description: Format of the weights, as a plan names it.
    type: str
    required: true
  own_files:
    description: Whether the model is planned from files of its own (C(site_model_directory)).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show where the mirror keeps the FP8 weights
  ansible.builtin.debug:
    msg: "{{ 'deepseek-r1' | baremetal.sglang.model_directory(catalogue_parts, 'fp8') }}"
"""

RETURN = r"""
_value:
  description: The directory, relative to C(models/).
  type: str
  sample: deepseek-ai/DeepSeek-R1
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import forms


def model_directory(
    name: str, parts: Mapping[str, Any], weight_format: str, own_files: bool = False
) -> str:
    """The directory of the form in that format; raise AnsibleFilterError where there is none."""
    known = forms(name, parts, own_files=own_files)
    for form in known:
        if form.serves(weight_format):
            return form.directory
    formats = ", ".join(form.format for form in known) or "none: no catalogue knows the model"
    raise AnsibleFilterError(
        f"model {name}: found weight format {weight_format}, needed one of its own: {formats}"
    )


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"model_directory": model_directory}
