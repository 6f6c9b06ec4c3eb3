# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load the filters of this collection once for a run, and not in each process of it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: preloaded_filters
type: aggregate
version_added: 0.2.0
short_description: Load this collection's filters once for a run
description:
  - Ansible runs each task of each host in a process of its own, a fork of the run. A process that
    uses one filter of a collection imports all of them, for each task and host anew.
  - This callback imports them at the start of the run, so that its forks have them. It prints
    nothing and changes no result.
author:
  - baremetal.sglang maintainers (@baremetal)
requirements:
  - C(callbacks_enabled = baremetal.sglang.preloaded_filters) in the configuration of Ansible
"""

EXAMPLES = r"""
example: >
  In ansible.cfg:
    [defaults]
    callbacks_enabled = baremetal.sglang.preloaded_filters, baremetal.sglang.timeline
"""

import pkgutil

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader
from ansible_collections.baremetal.sglang.plugins import filter as filters


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible ships no type hints
    """Asks Ansible for each filter at the start of a run; Ansible remembers what it loaded."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "baremetal.sglang.preloaded_filters"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, _playbook: object) -> None:
        """Called in the process that later forks one for each task and host."""
        for module in pkgutil.iter_modules(filters.__path__):
            filter_loader.get(f"baremetal.sglang.{module.name}")
