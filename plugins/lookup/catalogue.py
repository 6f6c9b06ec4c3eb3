# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue of the collection: every third-party part and its pin."""

from __future__ import annotations

DOCUMENTATION = r"""
name: catalogue
version_added: 0.2.0
short_description: Read the catalogue of the collection
description:
  - Gives the parts or the sets of C(catalogue/), in which every version, tag and checksum of the
    collection lives. Other playbooks name a part of it and not a version.
  - Ansible copies variables that it reads from a file for each role and play; these it copies not.
author:
  - baremetal.sglang maintainers (@baremetal)
options:
  _terms:
    description: V(parts) or V(sets).
    type: list
    elements: str
    choices: [parts, sets]
    required: true
"""

EXAMPLES = r"""
- name: Show which containerd the collection installs
  ansible.builtin.debug:
    msg: "{{ lookup('baremetal.sglang.catalogue', 'parts')['containerd.io'].version }}"
"""

RETURN = r"""
_list:
  description: For each term a dictionary of what the file says, by the names of the parts or sets.
  type: list
  elements: dict
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue"
NAMES = ("parts", "sets")


@cache
def _read(name: str) -> Any:
    text = (CATALOGUE / f"{name}.yml").read_text(encoding="utf-8")
    # The loader in C is in every build of PyYAML but those made without libyaml.
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))[f"catalogue_{name}"]  # noqa: S506


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible ships no type hints
    """One dictionary for each term."""

    def run(
        self, terms: Sequence[str], _variables: object = None, **_options: object
    ) -> list[dict[str, Any]]:
        """Read each file once in a process; raise AnsibleLookupError for another name."""
        unknown = [term for term in terms if term not in NAMES]
        if unknown:
            raise AnsibleLookupError(
                f"catalogue: found {', '.join(unknown)}; needed one of {', '.join(NAMES)}"
            )
        return [_read(term) for term in terms]
