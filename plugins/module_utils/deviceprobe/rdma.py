# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDMA devices from sysfs, as the kernel's Documentation/ABI/stable/sysfs-class-infiniband says."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.pci import (
    line,
    numa_nodes,
    pci_path,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gid,
    Nic,
    RdmaPort,
    as_facts,
)

CLASS = "sys/class/infiniband"
INFINIBAND = "InfiniBand"
# The kernel's word for both, since the two have one value (ib_verbs.h, enum ib_gid_type).
IB_OR_ROCE_V1 = "IB/RoCE v1"
# What unused entries look like: the two that show_gids (Mellanox/mlnx-tools) leaves out as well.
UNUSED_GIDS = frozenset({ipaddress.IPv6Address("::"), ipaddress.IPv6Address("fe80::")})


def rdma_finding(root: Path) -> Finding:
    """What module rdma_facts returns."""
    return Finding({"rdma": {"devices": as_facts(read_nics(root))}})


def read_nics(root: Path) -> tuple[Nic, ...]:
    """The RDMA devices of the host whose file tree is C(root), by name; none is an empty tuple."""
    listing = root / CLASS
    entries = sorted(listing.iterdir(), key=_natural) if listing.is_dir() else []
    return tuple(_nic(root, entry) for entry in entries)


def _natural(entry: Path) -> tuple[str, int, str]:
    """Sort key: V(mlx5_2) before V(mlx5_10)."""
    stem = entry.name.rstrip("0123456789")
    return stem, int(entry.name[len(stem) :] or 0), entry.name


def _nic(root: Path, entry: Path) -> Nic:
    device = entry / "device"
    path = pci_path(device) if device.exists() else ()
    numa_node = int(line(device / "numa_node") or -1) if path else -1
    ports = sorted((entry / "ports").iterdir(), key=lambda port: int(port.name))
    return Nic(
        name=entry.name,
        pci_address=path[-1] if path else "",
        pci_path=path,
        numa_node=0 if path and numa_nodes(root) == 1 else numa_node,
        model=line(entry / "hca_type"),
        firmware=line(entry / "fw_ver"),
        board=line(entry / "board_id"),
        node_guid=line(entry / "node_guid"),
        virtual_function=(device / "physfn").exists(),
        ports=tuple(_port(root, entry, port) for port in ports),
    )


def _port(root: Path, entry: Path, port: Path) -> RdmaPort:
    link_layer = line(port / "link_layer")
    gids = _gids(port, link_layer)
    netdev = _netdev(entry, int(port.name), gids)
    return RdmaPort(
        number=int(port.name),
        state=_word(port / "state"),
        physical_state=_word(port / "phys_state"),
        rate_gbps=float((line(port / "rate") or "0").split(" ")[0]),
        link_layer=link_layer,
        netdev=netdev,
        bond=_bond(root, netdev),
        gids=gids,
    )


def _gids(port: Path, link_layer: str) -> tuple[Gid, ...]:
    indexes = sorted(int(entry.name) for entry in (port / "gids").glob("[0-9]*"))
    found = []
    for index in indexes:
        address = ipaddress.IPv6Address(line(port / "gids" / str(index)) or "::")
        if address in UNUSED_GIDS:
            continue
        kind = line(port / "gid_attrs/types" / str(index))
        found.append(
            Gid(
                index=index,
                gid=str(address.exploded),
                type=_gid_type(kind, link_layer),
                netdev=line(port / "gid_attrs/ndevs" / str(index)),
                ipv4=str(address.ipv4_mapped or ""),
            )
        )
    return tuple(found)


def _gid_type(kind: str, link_layer: str) -> str:
    if kind not in (IB_OR_ROCE_V1, ""):
        return kind
    return "IB" if link_layer == INFINIBAND else kind and "RoCE v1"


def _netdev(entry: Path, number: int, gids: tuple[Gid, ...]) -> str:
    """The interface that the GID table names; on InfiniBand the one of the same PCI function."""
    named = [gid.netdev for gid in gids if gid.netdev]
    if named:
        return named[0]
    beside = sorted((entry / "device/net").glob("*"))
    same_port = [net for net in beside if line(net / "dev_port") == str(number - 1)]
    return (same_port or beside)[0].name if beside else ""


def _bond(root: Path, netdev: str) -> str:
    if not netdev:
        return ""
    interface = root / "sys/class/net" / netdev
    if (interface / "bonding").is_dir():
        return netdev
    master = interface / "master"
    return master.resolve().name if (master / "bonding").is_dir() else ""


def _word(path: Path) -> str:
    """ "4: ACTIVE" to "ACTIVE"."""
    return line(path).partition(":")[2].strip()
