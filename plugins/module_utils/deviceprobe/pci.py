# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PCI devices from sysfs: what they are and the way from the host bridge to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

NVIDIA = 0x10DE
# Class codes of the PCI specification, the upper 16 bits: VGA and 3D controllers; "other bridge",
# as which NVSwitches show themselves.
GPU_CLASSES = frozenset({0x0300, 0x0302})
NVSWITCH_CLASS = 0x0680


@dataclass(frozen=True)
class PciDevice:
    """One PCI function: C(path) from the host bridge to itself, C(driver) empty for none."""

    address: str
    path: tuple[str, ...]
    vendor: int
    device: int
    kind: int
    numa_node: int
    driver: str

    @property
    def is_gpu(self) -> bool:
        """True for an NVIDIA GPU."""
        return self.vendor == NVIDIA and self.kind in GPU_CLASSES

    @property
    def is_nvswitch(self) -> bool:
        """True for an NVSwitch that is a PCI bridge (not on B200, where NICs stand for them)."""
        return self.vendor == NVIDIA and self.kind == NVSWITCH_CLASS


def pci_devices(root: Path) -> dict[str, PciDevice]:
    """All PCI functions of the host whose file tree is C(root), by address, in order."""
    listing = root / "sys/bus/pci/devices"
    entries = sorted(listing.iterdir()) if listing.is_dir() else []
    nodes = numa_nodes(root)
    return {entry.name: _device(entry, nodes) for entry in entries}


def numa_nodes(root: Path) -> int:
    """Number of the host's NUMA nodes, at least 1."""
    return max(1, len(list((root / "sys/devices/system/node").glob("node[0-9]*"))))


def pci_path(entry: Path) -> tuple[str, ...]:
    """The names from the host bridge ("pci0000:15") to the device behind a link of sysfs."""
    parts = entry.resolve().parts
    bridges = [at for at, name in enumerate(parts) if name.startswith("pci") and ":" in name]
    return parts[bridges[0] :] if bridges else ()


def pci_address(bus_id: str) -> str:
    """ "00000000:1B:00.0", as NVIDIA's tools write it, to sysfs's "0000:1b:00.0"."""
    domain, separator, rest = bus_id.strip().lower().partition(":")
    return f"{int(domain, 16):04x}:{rest}" if separator else ""


def line(path: Path) -> str:
    """The text of a sysfs attribute without its end of line; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _device(entry: Path, nodes: int) -> PciDevice:
    numa_node = int(line(entry / "numa_node") or -1)
    driver = entry / "driver"
    return PciDevice(
        address=entry.name,
        path=pci_path(entry),
        vendor=_number(entry / "vendor"),
        device=_number(entry / "device"),
        kind=_number(entry / "class") >> 8,
        # A host with one node often does not name it; everything is on it then.
        numa_node=0 if nodes == 1 else numa_node,
        driver=driver.resolve().name if driver.exists() else "",
    )


def _number(path: Path) -> int:
    return int(line(path) or "0", 16)
