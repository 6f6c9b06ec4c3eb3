# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/driver/key.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: key_fingerprints
short_description: Fingerprints of an OpenPGP public key
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Reads an ASCII-armoured OpenPGP public key, without any program.
options:
  _input:
    description: The text of the key.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse another key
  ansible.builtin.assert:
    that: lookup('ansible.builtin.file', 'key.asc') | baremetal.sglang.key_fingerprints == wanted
"""

RETURN = r"""
_value:
  description: Fingerprints of the primary keys as 40 hexadecimal digits, in their order.
  type: list
  elements: str
"""

from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.key import fingerprints


def key_fingerprints(text: str) -> list[str]:
    """The fingerprints as a list."""
    return list(fingerprints(text))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Map the names of the filters to their functions."""
        return {"key_fingerprints": key_fingerprints}
