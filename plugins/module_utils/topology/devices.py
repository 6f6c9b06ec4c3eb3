# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's GPUs and RDMA devices are: values alone, read elsewhere.

A text that the source did not say is empty, a number 0. Where the difference between "no" and
"not said" matters, a field of its own says it (C(NvLink.known), V(unknown) as a mode).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Union

ENABLED = "enabled"
DISABLED = "disabled"
UNSUPPORTED = "unsupported"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class NvLinkPeer:
    """Number of active NVLinks to the GPU at C(pci_address)."""

    pci_address: str
    links: int


@dataclass(frozen=True)
class NvLink:
    """Active NVLinks of one GPU.

    C(switch): they end at NVSwitches, so that each GPU there is reached with all links. C(peers)
    is empty where the source names no ends. C(known) is false where it says nothing about NVLink.
    """

    known: bool = False
    links: int = 0
    switch: bool = False
    peers: tuple[NvLinkPeer, ...] = ()


@dataclass(frozen=True)
class Mig:
    """Multi-instance GPU: C(mode) V(enabled), V(disabled), V(unsupported) or V(unknown)."""

    mode: str = UNKNOWN
    devices: int = 0


@dataclass(frozen=True)
class Ecc:
    """ECC: C(mode) as that of MIG; errors since the driver was loaded and over the lifetime."""

    mode: str = UNKNOWN
    corrected: int = 0
    uncorrected: int = 0
    lifetime_corrected: int = 0
    lifetime_uncorrected: int = 0


@dataclass(frozen=True)
class Gpu:
    """One GPU.

    C(memory_mib) is the total that NVML reports, which is less than the name promises. C(index) is
    NVML's, and -1 for a lost GPU that the driver no longer numbers. C(pci_path) runs from the host
    bridge ("pci0000:15") to the GPU itself; C(numa_node) is -1 where the firmware does not say.
    C(lost): the driver holds the device, but it does not answer.
    """

    index: int
    pci_address: str
    name: str = ""
    uuid: str = ""
    memory_mib: int = 0
    compute_capability: str = ""
    pci_path: tuple[str, ...] = ()
    numa_node: int = -1
    nvlink: NvLink = NvLink()
    mig: Mig = Mig()
    ecc: Ecc = Ecc()
    lost: bool = False


@dataclass(frozen=True)
class HostGpus:
    """The GPUs of one host, what they were read from, and which sources were passed over why."""

    source: str
    passed_over: tuple[str, ...]
    driver: str
    cuda: str
    nvswitches: int
    gpus: tuple[Gpu, ...]


@dataclass(frozen=True)
class Gid:
    """One used entry of a port's GID table.

    C(type) is V(IB), V(RoCE v1) or V(RoCE v2); C(ipv4) is the address that the GID maps, if any.
    """

    index: int
    gid: str
    type: str
    netdev: str
    ipv4: str


@dataclass(frozen=True)
class RdmaPort:
    """One port: C(state) such as V(ACTIVE), C(rate_gbps) in 10^9 bit/s, its network interface.

    C(bond) is the bonding interface that C(netdev) belongs to or is.
    """

    number: int
    state: str
    physical_state: str
    rate_gbps: float
    link_layer: str
    netdev: str
    bond: str
    gids: tuple[Gid, ...]


@dataclass(frozen=True)
class Nic:
    """One RDMA device. One made in software (rxe, siw) has no PCI address and no path."""

    name: str
    pci_address: str
    pci_path: tuple[str, ...]
    numa_node: int
    model: str
    firmware: str
    board: str
    node_guid: str
    virtual_function: bool
    ports: tuple[RdmaPort, ...]


Device = Union[Gpu, Nic]


def as_facts(value: Any) -> Any:
    """A value of this file as dicts, lists, texts and numbers, for a module's result."""
    if is_dataclass(value):
        return {field.name: as_facts(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [as_facts(item) for item in value]
    return value
