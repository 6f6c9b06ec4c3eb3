"""PCI devices of recorded and constructed trees."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.pci import (
    PciDevice,
    pci_address,
    pci_devices,
)

from tests.unit.plugins.module_utils.deviceprobe.shapes import RECORDED, constructed, plant


def test_the_recorded_gpu_is_found_on_the_only_node(tmp_path: Path) -> None:
    found = pci_devices(plant(tmp_path, (RECORDED / "h100x1/pci.txt").read_text()))
    assert len(found) == 7
    assert [device for device in found.values() if device.is_gpu] == [
        PciDevice(
            address="0000:00:06.0",
            path=("pci0000:00", "0000:00:06.0"),
            vendor=0x10DE,
            device=0x2330,
            kind=0x0302,
            numa_node=0,
            driver="nvidia",
        )
    ]
    assert found["0000:00:00.0"].driver == ""


def test_a_node_that_the_firmware_does_not_name_stays_unknown_among_several(
    tmp_path: Path,
) -> None:
    table = constructed("l40s-pcie")["pci"].replace("numa=0", "numa=-1", 1)
    found = pci_devices(plant(tmp_path, table))
    assert [device.numa_node for device in found.values()] == [-1, 0, 0, 0, 1]


def test_nvswitches_are_no_gpus(tmp_path: Path) -> None:
    found = pci_devices(plant(tmp_path, constructed("hgx-h20")["pci"])).values()
    assert sum(device.is_nvswitch for device in found) == 4
    assert sum(device.is_gpu for device in found) == 8


def test_a_vga_card_of_another_vendor_is_no_gpu(tmp_path: Path) -> None:
    found = pci_devices(plant(tmp_path, constructed("none")["pci"]))
    assert not any(device.is_gpu for device in found.values())


def test_a_host_without_pci_has_no_devices(tmp_path: Path) -> None:
    assert pci_devices(tmp_path) == {}


@pytest.mark.parametrize(
    ("bus_id", "address"),
    [
        ("00000000:1B:00.0", "0000:1b:00.0"),
        ("0000:1b:00.0", "0000:1b:00.0"),
        ("00010000:01:00.0", "10000:01:00.0"),
        ("", ""),
    ],
)
def test_addresses_are_written_as_sysfs_does(bus_id: str, address: str) -> None:
    assert pci_address(bus_id) == address
