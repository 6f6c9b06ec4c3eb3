#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run one side of one test between two hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fabric_test
short_description: Run one side of a test of the network between two hosts
version_added: 0.2.0
description:
  - Runs C(iperf3) as server or as client, and returns what the client measured. Both sides have to
    run at the same time; which of them starts first does not matter, for the client waits.
  - The program ends with the measurement, at the O(deadline), or with the module in whatever way
    that ends. Nothing stays on the host.
  - A test that does not work is no failure of the module, so that a play goes on with other hosts.
    Read RV(fabric.outcome).
author:
  - baremetal.sglang maintainers (@baremetal)
options:
  kind:
    description:
      - V(tcp_bandwidth) is measured from client to server.
    type: str
    choices: [tcp_bandwidth]
    required: true
  side:
    description: Which side this host is.
    type: str
    choices: [server, client]
    required: true
  address:
    description: Address of the server. C(iperf3) listens on it alone.
    type: str
    required: true
  port:
    description: TCP port of the server.
    type: int
    default: 5201
  seconds:
    description: How long a bandwidth is measured.
    type: int
    default: 5
  streams:
    description: TCP connections at once.
    type: int
    default: 4
  deadline:
    description: Seconds after which this side is ended, whatever the other does.
    type: int
    default: 40
attributes:
  check_mode:
    description: No program runs, and RV(fabric.command) says which would.
    support: full
  diff_mode:
    description: There is nothing to show, since nothing is changed.
    support: N/A
  idempotent:
    description: Never changes anything.
    support: full
requirements:
  - iperf3 3.7 or newer on the host. Without it the outcome is V(skipped).
  - setpriv of util-linux
"""

EXAMPLES = r"""
- name: Measure TCP from gpu1 to gpu2
  baremetal.sglang.fabric_test:
    kind: tcp_bandwidth
    side: "{{ 'server' if inventory_hostname == 'gpu2' else 'client' }}"
    address: "{{ hostvars.gpu2.ansible_host }}"
  register: measured

- name: Show what gpu1 measured
  ansible.builtin.debug:
    msg: "{{ measured.fabric.value }} {{ measured.fabric.unit }} {{ measured.fabric.reason }}"
  when: inventory_hostname == 'gpu1'
"""

RETURN = r"""
fabric:
  description: What came of it.
  returned: success
  type: dict
  contains:
    kind:
      description: The option of the same name.
      type: str
    side:
      description: The option of the same name.
      type: str
    command:
      description: The command line that ran, or would run.
      type: list
      elements: str
    outcome:
      description:
        - V(measured) on a client and V(served) on a server, V(failed), or V(skipped) where no
          program ran.
      type: str
    reason:
      description: Why it failed or was skipped, else an empty string.
      type: str
    value:
      description: The figure that a client measured, else null.
      type: float
    unit:
      description: Unit of the figure, V(Gb/s).
      type: str
"""

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.fabricprobe.programs import (
    Programs,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fabricprobe.side import (
    parse_side,
    run_side,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)

SPEC = {
    "kind": {"type": "str", "choices": ["tcp_bandwidth"], "required": True},
    "side": {"type": "str", "choices": ["server", "client"], "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "default": 5201},
    "seconds": {"type": "int", "default": 5},
    "streams": {"type": "int", "default": 4},
    "deadline": {"type": "int", "default": 40},
}


def operate(request: Request) -> Finding:
    """Check all options, then run this side."""
    side = parse_side(request.parameters)
    programs = Programs(request.parameters["deadline"])
    return run_side(side, programs, check_mode=request.check_mode)


def main() -> None:
    """Run one side, report."""
    run_module(argument_spec=SPEC, operate=operate)


if __name__ == "__main__":
    main()
