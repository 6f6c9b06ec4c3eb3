#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: weights_program
short_description: Install the program that scrubs a node's weights without Ansible
version_added: 0.1.0
description:
  - Makes one file of the part of this collection that M(baremetal.sglang.model_weights) runs on a
    node, a zip application of Python without any other package, and copies it to the host.
  - The same collection gives the same bytes, so a second run changes nothing.
  - The file is called with the configuration of a model, as role C(model_weights) writes it,
    C(python3 -I <dest> /etc/baremetal-sglang/weights-scrub/<model>.json). With C(--report) it
    writes the metrics alone.
author: baremetal.sglang maintainers (@baremetal)
options:
  dest:
    description: Path of the program on the host. Its directory must exist.
    type: path
    required: true
attributes:
  check_mode:
    description: Says whether the program would be replaced.
    support: full
  diff_mode:
    description: A zip file has no diff that a person could read; its path is named.
    support: partial
seealso:
  - module: baremetal.sglang.model_weights
  - module: baremetal.sglang.model_weights_info
"""

EXAMPLES = r"""
- name: Install the program
  baremetal.sglang.weights_program:
    dest: /usr/local/lib/baremetal-sglang/weights-scrub.pyz
"""

RETURN = r"""
dest:
  description: Path of the program.
  returned: success
  type: str
  sample: /usr/local/lib/baremetal-sglang/weights-scrub.pyz
checksum:
  description: SHA-1 of the program, as M(ansible.builtin.copy) returns it.
  returned: success
  type: str
"""
