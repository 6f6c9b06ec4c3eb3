"""A host of the gate from what is declared and what was found."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.described import (
    described_host,
    interface_gbps,
)

# What module gpu_facts returns on a host without GPUs.
NO_GPUS = {
    "source": "none",
    "passed_over": [],
    "driver": "",
    "cuda": "",
    "nvswitches": 0,
    "gpus": [],
}


def described(**values: Any) -> dict[str, Any]:
    return {
        "name": "gpu1",
        "address": "10.0.0.1",
        "rack": "a",
        "leaf_switch": "",
        "rails": [],
        "gpus": 0,
        "hardware": {},
        "gpu_facts": NO_GPUS,
        "rdma_facts": {},
        "host_facts": {},
        "storage": {},
        **values,
    }


def interfaces(**values: Any) -> dict[str, Any]:
    card = {"ipv4": {"address": "10.0.0.1"}, "type": "ether", "speed": 25000, **values}
    return {"interfaces": ["lo", "ens1f0-data"], "lo": {}, "ens1f0_data": card}


def test_a_declared_host() -> None:
    rails = [{"device": "mlx5_0", "rate_gbps": 400.0}]
    values = described(hardware={"tcp_gbps": 100.0, "rails": rails}, gpu_facts={})
    assert described_host(values, {}) == {
        "name": "gpu1",
        "address": "10.0.0.1",
        "rack": "a",
        "tcp_gbps": 100.0,
        "rails": [
            {
                "device": "mlx5_0",
                "port": 1,
                "link_layer": "InfiniBand",
                "gbps": 400.0,
                "gid_index": -1,
                "up": True,
            }
        ],
    }


@pytest.mark.parametrize(
    ("values", "gbps"),
    [
        ({"pciid": "0000:c1:00.0"}, 25.0),
        ({"type": "bonding", "speed": 50000}, 50.0),
        # The rate of a virtual interface is made up: 10 Gb/s for every veth.
        ({}, 0.0),
        ({"pciid": "0000:c1:00.0", "speed": -1}, 0.0),
        ({"pciid": "0000:c1:00.0", "ipv4": {"address": "10.0.0.2"}}, 0.0),
    ],
)
def test_the_rate_of_the_interface_with_the_address(values: dict[str, Any], gbps: float) -> None:
    assert interface_gbps(interfaces(**values), "10.0.0.1") == gbps
    assert described_host(described(), interfaces(**values))["tcp_gbps"] == gbps


def test_a_link_that_came_up_slower_than_declared_keeps_the_declared_rate() -> None:
    values = described(hardware={"tcp_gbps": 100.0})
    found = interfaces(pciid="0000:c1:00.0", speed=25000)
    assert described_host(values, found)["tcp_gbps"] == 100.0


def test_a_host_without_facts_has_no_rate() -> None:
    assert interface_gbps({}, "10.0.0.1") == 0.0


def test_a_rail_that_the_host_lacks_is_told() -> None:
    rails = [{"device": "mlx5_0", "rate_gbps": 400.0}]
    values = described(hardware={"rails": rails}, gpu_facts={})
    with pytest.raises(InputError, match="rail unknown: found mlx5_9"):
        described_host({**values, "rails": ["mlx5_9"]}, {})


def port(state: str, rate: float) -> dict[str, Any]:
    return {
        "number": 1,
        "state": state,
        "physical_state": "LinkUp",
        "rate_gbps": rate,
        "link_layer": "InfiniBand",
        "netdev": "",
        "bond": "",
        "gids": [],
    }


def test_a_rail_that_came_up_slower_than_declared_keeps_the_declared_rate() -> None:
    nic = {
        "name": "mlx5_0",
        "pci_address": "0000:c1:00.0",
        "pci_path": [],
        "numa_node": 0,
        "model": "MT4129",
        "firmware": "",
        "board": "",
        "node_guid": "",
        "virtual_function": False,
        "ports": [port("ACTIVE", 200.0)],
    }
    declared = {"rails": [{"device": "mlx5_0", "rate_gbps": 400.0}]}
    rails = [
        described_host(described(rdma_facts={"devices": [nic]}, hardware=hardware), {})["rails"]
        for hardware in ({}, declared)
    ]
    assert [[rail["gbps"] for rail in of] for of in rails] == [[200.0], [400.0]]
