"""Hosts as declared, and how they differ from what was found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.declared import (
    Described,
    compare,
    declared_node,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.declared_shape import (
    parse_hardware,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    NodeGpu,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import Place
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import Storage

HOST = Described("gpu-01", "10.20.0.12", Place("r1", "leaf1"), 0)
VALUES: dict[str, Any] = {
    "gpu": "a100-sxm-80gb",
    "gpus": 4,
    "numa_nodes": 2,
    "rails": [{"device": "mlx5_0", "rate_gbps": 200}, {"device": "mlx5_1", "rate_gbps": 200}],
    "peer_memory": "dmabuf",
    "tcp_gbps": 100.0,
    "disk_gb_per_second": 6.0,
    "storage": "nvme",
    "memory_gib": 1024,
    "cores": 128,
}


def declared(described: Described = HOST, **values: Any) -> Node:
    hardware, faults = parse_hardware({**VALUES, **values}, host="gpu-01")
    assert faults == ()
    return declared_node(described, hardware)


def test_a_declared_host_in_full() -> None:
    found = declared()
    assert replace(found, gpus=(), rails=()) == Node(
        name="gpu-01",
        rack="r1",
        leaf_switch="leaf1",
        gpus=(),
        rails=(),
        interface="eth0",
        address="10.20.0.12",
        tcp_rate=12.5e9,
        disk_rate=6e9,
        memory_gib=1024,
        cores=128,
        nvlink=True,
        multicast=False,
        peer_memory="dmabuf",
        declared=True,
        storage=Storage("nvme"),
    )
    assert [gpu.numa_node for gpu in found.gpus] == [0, 0, 1, 1]
    assert found.gpus[3] == NodeGpu(3, "a100-sxm-80gb", 81920, 1)
    assert found.rails[0] == Rail("mlx5_0", 1, "InfiniBand", 25e9, "", -1, True, 0)
    assert found.rdma_rate == 50e9


def test_gpus_are_spread_over_numa_nodes_as_evenly_as_can_be() -> None:
    assert [gpu.numa_node for gpu in declared(gpus=5, numa_nodes=2).gpus] == [0, 0, 0, 1, 1]


def test_declared_memory_wins_over_the_catalogues() -> None:
    assert {gpu.memory_mib for gpu in declared(gpu_memory_mib=40000).gpus} == {40000}


def test_a_site_limits_gpus_and_names_rails() -> None:
    place = Place("r1", rails=("mlx5_1:1",))
    found = declared(Described("gpu-01", "", place, 2))
    assert [gpu.index for gpu in found.gpus] == [0, 1]
    assert [rail.device for rail in found.rails] == ["mlx5_1"]


def test_a_host_without_gpus() -> None:
    assert declared(gpu="", gpus=0).gpus == ()


def test_equal_hosts_have_no_differences() -> None:
    said = declared()
    assert compare(said, replace(said, declared=False)) == ()


@pytest.mark.parametrize(
    ("change", "where", "found", "needed"),
    [
        (
            {"gpus": ()},
            "gpu-01: gpus",
            "0 x ",
            "4 x a100-sxm-80gb of 81920 MiB, as site_hardware declares",
        ),
        ({"nvlink": False}, "gpu-01: nvlink", "no", "yes, as site_hardware declares"),
        (
            {"rails": ()},
            "gpu-01: rails",
            "none",
            "mlx5_0:1 InfiniBand 200 Gb/s, mlx5_1:1 InfiniBand 200 Gb/s, as site_hardware declares",
        ),
        ({"peer_memory": ""}, "gpu-01: peer_memory", "none", "dmabuf, as site_hardware declares"),
        (
            {"tcp_rate": 1.25e9},
            "gpu-01: tcp_gbps",
            "10 Gb/s",
            "100 Gb/s, as site_hardware declares",
        ),
        (
            {"storage": Storage("hdd", "ext4")},
            "gpu-01: storage",
            "hdd",
            "nvme, as site_hardware declares",
        ),
        ({"cores": 64}, "gpu-01: cores", "64", "128, as site_hardware declares"),
        (
            {"memory_gib": 503},
            "gpu-01: memory_gib",
            "503 GiB",
            "1024 GiB, as site_hardware declares",
        ),
    ],
)
def test_each_difference_is_told(
    change: dict[str, Any], where: str, found: str, needed: str
) -> None:
    said = declared()
    faults = compare(said, replace(said, **change))
    assert [(f.code, f.where, f.found, f.needed) for f in faults] == [
        ("declared_differs", where, found, needed)
    ]


def test_a_gpu_has_the_same_name_in_the_catalogue_and_from_nvml() -> None:
    said = declared()
    nvml = tuple(replace(gpu, model="NVIDIA A100-SXM4-80GB") for gpu in said.gpus)
    assert compare(said, replace(said, gpus=nvml)) == ()
    other = tuple(replace(gpu, model="NVIDIA T1000") for gpu in said.gpus)
    assert compare(said, replace(said, gpus=other))[0].found == "4 x NVIDIA T1000 of 81920 MiB"


def test_a_rail_that_is_down_differs() -> None:
    said = declared()
    down = replace(said.rails[1], up=False)
    fault = compare(said, replace(said, rails=(said.rails[0], down)))[0]
    assert fault.found == "mlx5_0:1 InfiniBand 200 Gb/s, mlx5_1:1 InfiniBand down"


def test_the_kernels_share_of_memory_is_no_difference() -> None:
    said = declared()
    assert compare(said, replace(said, memory_gib=1007)) == ()
    assert compare(said, replace(said, memory_gib=972)) != ()


def test_what_is_not_declared_is_not_compared() -> None:
    nothing = replace(
        declared(), gpus=(), rails=(), peer_memory="", tcp_rate=0.0, cores=0, memory_gib=0
    )
    assert compare(nothing, declared()) == ()
