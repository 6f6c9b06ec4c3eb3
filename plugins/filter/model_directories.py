# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/intent/model.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: model_directories
short_description: Where a mirror may keep a model
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Every directory below C(models/) of a bundle that a model of this name may be served from, one
    for each of its weight formats. P(baremetal.sglang.model_directory#filter) says which one it is.
  - The input is taken as it is, since preflight asks before it was checked. A name that nothing
    knows is that of a model with files of its own.
options:
  _input:
    description: The model's name.
    type: raw
    required: true
  parts:
    description: The parts of the catalogue.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show where the mirror may keep the model
  ansible.builtin.debug:
    msg: "{{ 'deepseek-v2-lite' | baremetal.sglang.model_directories(catalogue_parts) }}"
"""

RETURN = r"""
_value:
  description: The directories, relative to C(models/), sorted.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import forms


def model_directories(name: Any, parts: Mapping[str, Any]) -> list[str]:
    """The directories of all forms, with and without files of the site's own."""
    known = {
        form.directory
        for own_files in (False, True)
        for form in forms(str(name), parts, own_files=own_files)
    }
    return sorted(known)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"model_directories": model_directories}
