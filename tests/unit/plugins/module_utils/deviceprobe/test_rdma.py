"""RDMA devices of a constructed sysfs tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.rdma import (
    rdma_finding,
)

from tests.unit.plugins.module_utils.deviceprobe.shapes import plant_rdma_host


@pytest.fixture
def devices(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """What the module returns of the constructed host, by name."""
    plant_rdma_host(tmp_path)
    found = rdma_finding(tmp_path).result["rdma"]["devices"]
    return {device["name"]: device for device in found}


def test_devices_are_in_the_order_of_their_numbers(devices: dict[str, Any]) -> None:
    assert list(devices) == [
        *("mlx4_0", "mlx5_2", "mlx5_3", "mlx5_4", "mlx5_10", "mlx5_bond_0", "rxe0")
    ]


def test_an_infiniband_device_is_read_in_full(devices: dict[str, Any]) -> None:
    assert devices["mlx5_10"] == {
        "name": "mlx5_10",
        "pci_address": "0000:18:00.0",
        "pci_path": ["pci0000:15", "0000:15:01.0", "0000:18:00.0"],
        "numa_node": 1,
        "model": "MT4129",
        "firmware": "28.43.2026",
        "board": "MT_0000000838",
        "node_guid": "a088:c203:0050:1000",
        "virtual_function": False,
        "ports": [
            {
                "number": 1,
                "state": "ACTIVE",
                "physical_state": "LinkUp",
                "rate_gbps": 400.0,
                "link_layer": "InfiniBand",
                "netdev": "ibp24s0",
                "bond": "",
                "gids": [
                    {
                        "index": 0,
                        "gid": "fe80:0000:0000:0000:a088:c203:0050:1000",
                        "type": "IB",
                        "netdev": "",
                        "ipv4": "",
                    }
                ],
            }
        ],
    }


def test_a_port_that_is_down_says_so(devices: dict[str, Any]) -> None:
    port = devices["mlx5_2"]["ports"][0]
    assert (port["state"], port["physical_state"], port["rate_gbps"], port["netdev"]) == (
        *("DOWN", "Disabled", 2.5, ""),
    )


def test_gids_of_roce_name_their_version_and_ipv4_address(devices: dict[str, Any]) -> None:
    gids = devices["mlx5_3"]["ports"][0]["gids"]
    assert [(gid["index"], gid["type"], gid["ipv4"]) for gid in gids] == [
        (0, "RoCE v1", ""),
        (1, "RoCE v2", ""),
        (2, "RoCE v1", "10.1.2.3"),
        (3, "RoCE v2", "10.1.2.3"),
    ]
    assert {gid["netdev"] for gid in gids} == {"ens5np0"}
    assert devices["mlx5_3"]["ports"][0]["netdev"] == "ens5np0"


def test_a_virtual_function_is_told_from_its_card(devices: dict[str, Any]) -> None:
    found = {name: device["virtual_function"] for name, device in devices.items()}
    assert [name for name, virtual in found.items() if virtual] == ["mlx5_4"]


def test_a_device_over_a_bond_names_it(devices: dict[str, Any]) -> None:
    port = devices["mlx5_bond_0"]["ports"][0]
    assert (port["netdev"], port["bond"]) == ("bond0", "bond0")


def test_each_of_two_ports_has_its_own_interface(devices: dict[str, Any]) -> None:
    ports = devices["mlx4_0"]["ports"]
    assert [(port["number"], port["netdev"], port["bond"]) for port in ports] == [
        (1, "ens7", ""),
        (2, "ens7d1", "bond1"),
    ]


def test_a_device_made_in_software_has_no_place(devices: dict[str, Any]) -> None:
    device = devices["rxe0"]
    assert (device["pci_address"], device["pci_path"], device["numa_node"]) == ("", [], -1)
    assert (device["model"], device["ports"][0]["gids"][0]["type"]) == ("", "RoCE v2")
    assert device["ports"][0]["netdev"] == "ens3"


def test_a_host_without_rdma_has_an_empty_list(tmp_path: Path) -> None:
    assert rdma_finding(tmp_path).result == {"rdma": {"devices": []}}
