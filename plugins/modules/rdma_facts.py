#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read which RDMA devices a host has, without changing them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rdma_facts
short_description: Read the RDMA devices of a host, their ports and GID tables
version_added: 0.1.0
description:
  - Reads InfiniBand and RoCE devices from C(/sys/class/infiniband). No program is run.
  - A host without RDMA devices has an empty list of them; that is no failure.
author:
  - baremetal.sglang maintainers (@baremetal)
options: {}
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
seealso:
  - module: baremetal.sglang.gpu_facts
    description: Also returns how far GPUs and RDMA devices are apart.
"""

EXAMPLES = r"""
- name: Read the RDMA devices of the host
  baremetal.sglang.rdma_facts:
  register: found

- name: Show the devices that have an active port
  ansible.builtin.debug:
    msg: "{{ item.name }}"
  loop: "{{ found.rdma.devices }}"
  loop_control:
    label: "{{ item.name }}"
  when: item.ports | selectattr('state', 'eq', 'ACTIVE') | length > 0
"""

RETURN = r"""
rdma:
  description: The RDMA devices of the host.
  returned: success
  type: dict
  contains:
    devices:
      description: The devices by name, V(mlx5_2) before V(mlx5_10).
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: Name of the RDMA device, such as V(mlx5_0).
          type: str
        pci_address:
          description: Address as sysfs writes it; empty for a device made in software.
          type: str
        pci_path:
          description: Names of the host bridge, the bridges below it and the device.
          type: list
          elements: str
        numa_node:
          description: NUMA node, or -1 where nothing says it.
          type: int
        model:
          description: What the driver calls the adapter, such as V(MT4129) for a ConnectX-7.
          type: str
        firmware:
          description: Firmware version.
          type: str
        board:
          description: Board ID (PSID), such as V(MT_0000000838).
          type: str
        node_guid:
          description: GUID of the node.
          type: str
        virtual_function:
          description: Whether it is an SR-IOV virtual function.
          type: bool
        ports:
          description: The device's ports.
          type: list
          elements: dict
          contains:
            number:
              description: Number of the port, from 1.
              type: int
            state:
              description: Logical state, such as V(ACTIVE), V(INIT) or V(DOWN).
              type: str
            physical_state:
              description: Physical state, such as V(LinkUp) or V(Polling).
              type: str
            rate_gbps:
              description: Rate in Gb/s.
              type: float
            link_layer:
              description: V(InfiniBand) or V(Ethernet).
              type: str
            netdev:
              description: Network interface of the port, or an empty string.
              type: str
            bond:
              description: Bonding interface that the network interface belongs to or is.
              type: str
            gids:
              description: Used entries of the GID table.
              type: list
              elements: dict
              contains:
                index:
                  description: Index, as C(NCCL_IB_GID_INDEX) takes it.
                  type: int
                gid:
                  description: The GID in full length.
                  type: str
                type:
                  description: V(IB), V(RoCE v1) or V(RoCE v2).
                  type: str
                netdev:
                  description: Network interface of the entry.
                  type: str
                ipv4:
                  description: IPv4 address that the GID maps, or an empty string.
                  type: str
"""

from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.rdma import (
    rdma_finding,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)


def operate(_request: Request) -> Finding:
    """Read the RDMA devices of this machine."""
    return rdma_finding(Path("/"))


def main() -> None:
    """Read the RDMA devices, report."""
    run_module(argument_spec={}, operate=operate)


if __name__ == "__main__":
    main()
