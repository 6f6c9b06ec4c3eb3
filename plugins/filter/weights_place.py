# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/weights/source_url.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: weights_place
short_description: The host and the directory that a source of weights names
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Takes C(file://HOST/PATH) and C(file:///PATH) apart. It does not judge the URL.
options:
  _input:
    description: URL of a source.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show on which host the model lies
  ansible.builtin.debug:
    msg: "{{ ('file://node1/data/r1' | baremetal.sglang.weights_place).host }}"
"""

RETURN = r"""
_value:
  description:
    - C(host), empty where each host reads the directory itself, C(path), and C(url) for the
      module on that host. All are empty for a source that is no directory of a host.
  type: dict
  sample: {host: node1, path: /data/r1, url: "file:///data/r1"}
"""

from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    file_place,
)


def weights_place(source: str) -> dict[str, str]:
    """Host, path and URL; empty ones for another scheme or a path that is not absolute."""
    place = file_place(source)
    if place is None or not place.path.startswith("/"):
        return {"host": "", "path": "", "url": ""}
    return {"host": place.host, "path": place.path, "url": place.url}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        """Map the names of the filters to their functions."""
        return {"weights_place": weights_place}
