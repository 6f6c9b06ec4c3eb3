# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far two devices of a host are apart, in the words of C(nvidia-smi topo -m).

The words are those of the legend that nvidia-smi prints: X the device itself; NV# that many
NVLinks; PIX at most one PCIe switch between; PXB several switches, but no host bridge; PHB one host
bridge; NODE several host bridges of one NUMA node; SYS the link between NUMA nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Device,
    Gpu,
    Nic,
)

SELF = "X"
# A switch is one bridge upstream and one downstream for each device: with one switch between two
# devices, at most its own downstream bridge stands between the shared bridge and each of them.
BRIDGES_BELOW_ONE_SWITCH = 1


def distance(one: Device, other: Device) -> str:
    """The word for the way between two devices; NUMA nodes that nobody knows count as apart."""
    if one == other:
        return SELF
    links = nvlinks_between(one, other)
    return f"NV{links}" if links else _pci_distance(one, other)


def nvlinks_between(one: Device, other: Device) -> int:
    """Number of NVLinks that traffic between two devices can use: 0 unless both are GPUs."""
    if not (isinstance(one, Gpu) and isinstance(other, Gpu)):
        return 0
    for peer in one.nvlink.peers:
        if peer.pci_address == other.pci_address:
            return peer.links
    if one.nvlink.switch and other.nvlink.switch:
        return min(one.nvlink.links, other.nvlink.links)
    return 0


def distances(gpus: Sequence[Gpu], nics: Sequence[Nic]) -> dict[str, dict[str, str]]:
    """The word for each two devices with a place on the PCI bus: V(GPU0), V(mlx5_0) and so on.

    Lost GPUs are left out: no traffic can reach them.
    """
    devices: dict[str, Device] = {f"GPU{gpu.index}": gpu for gpu in gpus if not gpu.lost}
    devices.update((nic.name, nic) for nic in nics)
    placed = {name: device for name, device in devices.items() if device.pci_path}
    return {
        name: {other: distance(device, placed[other]) for other in placed}
        for name, device in placed.items()
    }


def _pci_distance(one: Device, other: Device) -> str:
    shared = _shared(one.pci_path, other.pci_path)
    if shared == 0:
        same = one.numa_node == other.numa_node >= 0
        return "NODE" if same else "SYS"
    if shared == 1:
        return "PHB"
    below = (len(path) - shared - 1 for path in (one.pci_path, other.pci_path))
    return "PIX" if max(below) <= BRIDGES_BELOW_ONE_SWITCH else "PXB"


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the common beginning of two paths."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other))))
