# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter over module_utils/manifests/selection.py."""

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus_faults
short_description: Why no Prometheus of a cluster takes objects
version_added: 0.2.0
author: baremetal.sglang maintainers
description:
  - Says for PodMonitors and for PrometheusRules whether a Prometheus object selects them, by its
    selectors of labels and of namespaces, and if none does, why each of them does not.
options:
  _input:
    description: The Prometheus objects of the cluster.
    type: list
    elements: dict
    required: true
  namespace:
    description: Namespace of the objects.
    type: str
    required: true
  namespace_labels:
    description: Labels of the namespace.
    type: dict
    required: true
  labels:
    description: Labels of the objects.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what nobody would scrape
  ansible.builtin.assert:
    that: >-
      prometheuses | baremetal.sglang.prometheus_faults(namespace='serving', namespace_labels={},
      labels={'release': 'monitoring'}) | length == 0
"""

RETURN = r"""
_value:
  description: Faults, none where each kind is taken by a Prometheus.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.selection import (
    selection_faults,
)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map the names of the filters to their functions."""
        return {"prometheus_faults": selection_faults}
