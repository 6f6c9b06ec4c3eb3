# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which RDMA ports of a host carry the engine's traffic: its rails.

Where a site names them in C(site_rails), these are they. Elsewhere a rail is a port that is the
nearest one to a GPU. That leaves out what serves storage and management, and on HGX B200 the
ConnectX-7 functions that stand for its NVSwitches (they are no PCI bridges there): all of these
hang at PCIe switches without a GPU, while each GPU shares one with its own NIC.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    ETHERNET,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import GIGABIT
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gid,
    Gpu,
    Nic,
    RdmaPort,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.distances import distance

ACTIVE = "ACTIVE"
ROCE_V2 = "RoCE v2"
# nvidia-smi's words for ways over PCI, nearest first.
WORDS = ("PIX", "PXB", "PHB", "NODE", "SYS")
NO_GID = -1


@dataclass(frozen=True)
class Port:
    """One port with its device, its way to the nearest GPU, and the GPUs it is nearest to."""

    nic: Nic
    port: RdmaPort
    word: str
    gpus: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Device and port as C(NCCL_IB_HCA) takes them."""
        return f"{self.nic.name}:{self.port.number}"

    @property
    def up(self) -> bool:
        """Whether the port carries traffic."""
        return self.port.state == ACTIVE

    @property
    def card(self) -> str:
        """The card that the port is on: its functions differ in the last digit alone."""
        return self.nic.pci_address.rpartition(".")[0]


@dataclass(frozen=True)
class RailChoice:
    """The rails in the order of their GPUs, the ports left out with the reason, and the faults."""

    rails: tuple[Rail, ...]
    passed_over: tuple[tuple[str, str], ...]
    faults: tuple[Fault, ...]


def choose_rails(
    gpus: Sequence[Gpu], nics: Sequence[Nic], *, names: Sequence[str], host: str, address: str
) -> RailChoice:
    """Choose the rails of one host.

    C(names) are devices (V(mlx5_0)) or ports (V(mlx5_0:1)) that the site names, none for all that
    suit; C(address) is the address by which the host is managed. Ports that are down stay rails
    unless another port of the same card is up, so that a broken cable shows.
    """
    ports = tuple(_ports(gpus, nics))
    if names:
        return _named(ports, names, host)
    left: dict[str, str] = {}
    for rule in (_not_hardware, _beside_one_up, _not_nearest, _managing(address), _slower):
        left.update(rule([port for port in ports if port.name not in left]))
    chosen = [port for port in ports if port.name not in left]
    chosen.sort(key=lambda port: port.gpus)
    return RailChoice(tuple(_rail(port) for port in chosen), tuple(left.items()), ())


def unknown_rails(names: Sequence[str], known: Sequence[str], host: str) -> tuple[Fault, ...]:
    """Names in C(site_rails) that are neither a device nor a port of the host."""
    return tuple(
        Fault(
            code="rail_unknown",
            where=f"site_rails of {host}",
            found=name,
            needed="RDMA devices of the host",
            fix=rename_fix(name, known) if known else f"remove {name}: the host has none",
        )
        for name in names
        if name not in known
    )


def gid_index(port: RdmaPort) -> int:
    """Index of the RoCE v2 GID by which other hosts reach the port: that of an IPv4 address of its
    own interface or bond, else of a global IPv6 address; -1 for none. A link-local one is none.
    """
    own = [gid for gid in port.gids if gid.type == ROCE_V2 and _of_interface(gid, port)]
    routed = [gid for gid in own if gid.ipv4] or [gid for gid in own if _is_global(gid)]
    return routed[0].index if routed else NO_GID


def _of_interface(gid: Gid, port: RdmaPort) -> bool:
    return gid.netdev in {"", port.netdev, port.bond}


def _is_global(gid: Gid) -> bool:
    return not ipaddress.IPv6Address(gid.gid).is_link_local


def _ports(gpus: Sequence[Gpu], nics: Sequence[Nic]) -> Iterator[Port]:
    """All ports; the way to a GPU is known where both have a place on the PCI bus."""
    placed = [gpu for gpu in gpus if gpu.pci_path]
    ways = {
        nic.name: [distance(gpu, nic) for gpu in placed] if nic.pci_path else [] for nic in nics
    }
    # The first function of a card stands for all in what a GPU is near to.
    real = [nic for nic in nics if ways[nic.name] and not nic.virtual_function]
    nearest = [
        min((ways[nic.name][at] for nic in real), key=WORDS.index, default="")
        for at in range(len(placed))
    ]
    for nic in nics:
        word = min(ways[nic.name], key=WORDS.index, default="")
        near = tuple(
            gpu.index for gpu, way, best in zip(placed, ways[nic.name], nearest) if way == best
        )
        for port in nic.ports:
            yield Port(nic, port, word, near)


def _named(ports: Sequence[Port], names: Sequence[str], host: str) -> RailChoice:
    """The ports that the site names; of a device with a port that is up, only ports that are."""
    chosen: list[Port] = []
    known = sorted({port.nic.name for port in ports} | {port.name for port in ports})
    for name in names:
        meant = [port for port in ports if name in (port.nic.name, port.name)]
        chosen += [port for port in meant if port.up or port.name == name] or meant[:1]
    taken = {port.name for port in chosen}
    rest = ((port.name, "not in site_rails") for port in ports if port.name not in taken)
    faults = unknown_rails(names, known, host)
    return RailChoice(tuple(_rail(port) for port in chosen), tuple(rest), faults)


def _not_hardware(ports: Sequence[Port]) -> Mapping[str, str]:
    left = {port.name: "an SR-IOV virtual function" for port in ports if port.nic.virtual_function}
    software = {port.name: "made in software" for port in ports if not port.nic.pci_address}
    return {**left, **software}


def _beside_one_up(ports: Sequence[Port]) -> Mapping[str, str]:
    lit = {port.card for port in ports if port.up}
    return {
        port.name: f"{port.port.state}, and another port of the card is up"
        for port in ports
        if not port.up and port.card in lit
    }


def _not_nearest(ports: Sequence[Port]) -> Mapping[str, str]:
    """Ports that are nearest to no GPU; nothing is left out where no way is known."""
    if not any(port.gpus for port in ports):
        return {}
    return {
        port.name: f"{port.word or 'no way known'} from the nearest GPU, which has a nearer port: "
        "storage, management or NVSwitch"
        for port in ports
        if not port.gpus
    }


def _managing(address: str) -> Callable[[Sequence[Port]], Mapping[str, str]]:
    """Leave out the port that has the host's own address, unless it is the only one."""

    def rule(ports: Sequence[Port]) -> Mapping[str, str]:
        managing = [
            port.name for port in ports if any(gid.ipv4 == address for gid in port.port.gids)
        ]
        if not address or len(managing) == len(ports):
            return {}
        return dict.fromkeys(managing, f"it has the host's own address {address}")

    return rule


def _slower(ports: Sequence[Port]) -> Mapping[str, str]:
    """Ports slower than others: NCCL would give each the same share. Those down show no rate."""
    fastest = max((port.port.rate_gbps for port in ports if port.up), default=0.0)
    return {
        port.name: f"{port.port.rate_gbps:g} Gb/s, where others have {fastest:g}"
        for port in ports
        if port.up and port.port.rate_gbps < fastest
    }


def _rail(port: Port) -> Rail:
    ethernet = port.port.link_layer == ETHERNET
    return Rail(
        device=port.nic.name,
        port=port.port.number,
        link_layer=port.port.link_layer,
        rate=port.port.rate_gbps * GIGABIT,
        netdev=port.port.bond or port.port.netdev,
        gid_index=gid_index(port.port) if ethernet else NO_GID,
        up=port.up,
        numa_node=port.nic.numa_node,
        distance=port.word,
    )
