#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read which GPUs a host has, without changing them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gpu_facts
short_description: Read the NVIDIA GPUs of a host and how far they are apart
version_added: 0.1.0
description:
  - Reads model, memory, place on the PCI bus, NVLink, MIG, ECC and driver of each NVIDIA GPU.
  - Asks NVML through the Python package C(nvidia-ml-py) where that is installed, else
    C(nvidia-smi), else the PCI bus alone. RV(gpu.source) says which one answered.
  - A host without GPUs has an empty list of them; that is no failure.
  - Distances are computed from the PCI paths and NUMA nodes in sysfs, in the words of
    C(nvidia-smi topo -m).
author:
  - baremetal.sglang maintainers (@baremetal)
options: {}
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
notes:
  - A GPU that the driver holds but that does not answer is listed with RV(gpu.gpus[].lost=true).
seealso:
  - module: baremetal.sglang.rdma_facts
"""

EXAMPLES = r"""
- name: Read the GPUs of the host
  baremetal.sglang.gpu_facts:
  register: found

- name: Require that no GPU is lost
  ansible.builtin.assert:
    that: found.gpu.gpus | selectattr('lost') | length == 0
"""

RETURN = r"""
gpu:
  description: The GPUs of the host.
  returned: success
  type: dict
  contains:
    source:
      description: Which source answered, V(nvml), V(nvidia-smi) or V(pci).
      returned: always
      type: str
    passed_over:
      description: Why the sources before it did not.
      returned: always
      type: list
      elements: str
    driver:
      description: Version of the NVIDIA driver, or an empty string without one.
      returned: always
      type: str
    cuda:
      description: The newest CUDA version that the driver runs; empty if the source is V(pci).
      returned: always
      type: str
    nvswitches:
      description:
        - Number of NVSwitches on the PCI bus.
        - It is 0 in virtual machines that do not show them, and on B200, whose switches are not
          PCI bridges.
      returned: always
      type: int
    gpus:
      description: The GPUs by index; lost ones come last.
      returned: always
      type: list
      elements: dict
      contains:
        index:
          description: NVML's index, or -1 for a lost GPU that has none.
          type: int
        pci_address:
          description: Address as sysfs writes it, such as V(0000:1b:00.0).
          type: str
        name:
          description: Product name; vendor and device ID where only the PCI bus could be asked.
          type: str
        uuid:
          description: The GPU's UUID.
          type: str
        memory_mib:
          description: Total memory as NVML reports it, in MiB; 0 if the source is V(pci).
          type: int
        compute_capability:
          description: Such as V(9.0); empty where the source does not say.
          type: str
        pci_path:
          description: Names of the host bridge, the bridges below it and the GPU.
          type: list
          elements: str
        numa_node:
          description: NUMA node, or -1 where the firmware of a host with several does not say.
          type: int
        nvlink:
          description:
            - C(known), whether the source says anything; C(links), number of active links;
              C(switch), whether they end at NVSwitches.
            - C(peers), the GPUs at their other ends with C(pci_address) and C(links), where the
              source names them.
          type: dict
        mig:
          description:
            - Multi-instance GPU. C(mode) is V(enabled), V(disabled), V(unsupported) or V(unknown);
              C(devices) is the number of MIG devices.
          type: dict
        ecc:
          description:
            - C(mode) as for MIG; C(corrected) and C(uncorrected), errors since the driver was
              loaded; C(lifetime_corrected) and C(lifetime_uncorrected), errors ever counted.
          type: dict
        lost:
          description: Whether the driver holds the GPU, but gets no answer from it.
          type: bool
    distances:
      description:
        - For each two GPUs and RDMA devices the word of C(nvidia-smi topo -m) between them.
        - V(X) itself, V(NV18) that many NVLinks, V(PIX) one PCIe switch, V(PXB) several, V(PHB) a
          host bridge, V(NODE) several within a NUMA node, V(SYS) the link between NUMA nodes.
        - GPUs are named V(GPU0) by their index. Lost ones are left out.
      returned: always
      type: dict
      sample: {GPU0: {GPU0: X, mlx5_0: PIX}, mlx5_0: {GPU0: PIX, mlx5_0: X}}
"""

from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe import (
    nvidia_smi,
    nvml,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.gpus import (
    Sources,
    gpu_finding,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)


def operate(_request: Request) -> Finding:
    """Read the GPUs of this machine."""
    return gpu_finding(Sources(Path("/"), nvml.library(), nvidia_smi.run))


def main() -> None:
    """Read the GPUs, report."""
    run_module(argument_spec={}, operate=operate)


if __name__ == "__main__":
    main()
