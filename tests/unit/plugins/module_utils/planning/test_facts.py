"""Hosts as the planner sees them: found, declared, or a bit of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.facts import (
    HostReading,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import NodeGpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import Place
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    HostGpus,
    NvLink,
    NvLinkPeer,
    as_facts,
)

from tests.unit.plugins.module_utils.planning.fact_samples import (
    H100,
    OPEN,
    SWITCHED,
    constructed_facts,
    gpu,
    host_facts,
    json_like,
    read,
    recorded_gpus,
)

ROOT = Path(__file__).resolve().parents[5]
INVENTORIES = sorted(ROOT.glob("inventories/**/group_vars/serving.yml"))
CLOSED = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05"


def facts_of(*gpus: Any, source: str = "nvml") -> dict[str, Any]:
    host = HostGpus(source, (), "580.95.05", "13.0", 0, gpus)
    found: dict[str, Any] = json_like(as_facts(host))
    return found


def codes(reading: HostReading) -> list[str]:
    return [fault.code for fault in reading.faults]


def test_a_constructed_dgx_a100_in_full(tmp_path: Path) -> None:
    gpus, rdma = constructed_facts(tmp_path, "dgx-a100")
    reading = read(gpu_facts=gpus, rdma_facts=rdma, host_facts=host_facts())
    node = reading.node
    assert (reading.faults, reading.warnings, reading.differences) == ((), (), ())
    assert (node.name, node.rack, node.address, node.interface) == (
        *("gpu-01", "r1", "10.20.0.12", "eth0"),
    )
    assert node.gpus[0] == NodeGpu(0, "NVIDIA A100-SXM4-80GB", 81920, 3)
    assert [gpu.numa_node for gpu in node.gpus] == [3, 3, 1, 1, 7, 7, 5, 5]
    assert [rail.device for rail in node.rails] == [f"mlx5_{at}" for at in range(8)]
    assert node.rdma_rate == 8 * 50e9
    assert (node.memory_gib, node.cores) == (2015, 192)
    # NVLink SHARP came with Hopper's switches.
    assert (node.nvlink, node.multicast, node.peer_memory) == (True, False, "dmabuf")
    assert (node.declared, node.tcp_rate, node.disk_rate) == (False, 0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "gpus", "nvlink", "multicast"),
    [
        ("hgx-h20", 8, True, True),
        ("dgx-b200", 8, True, True),
        ("l40s-pcie", 5, False, False),
        ("lost", 3, True, True),
        ("mig", 0, True, False),
        ("none", 0, True, False),
    ],
)
def test_other_constructed_hosts(
    name: str, gpus: int, nvlink: bool, multicast: bool, tmp_path: Path
) -> None:
    found, rdma = constructed_facts(tmp_path, name)
    node = read(gpu_facts=found, rdma_facts=rdma).node
    assert (len(node.gpus), node.nvlink, node.multicast) == (gpus, nvlink, multicast)


@pytest.mark.parametrize(("name", "gpus"), [("h100x1", 1), ("h100x2", 2)])
def test_recorded_hosts(name: str, gpus: int) -> None:
    reading = read(gpu_facts=recorded_gpus(name))
    assert [(gpu.model, gpu.memory_mib) for gpu in reading.node.gpus] == [
        ("NVIDIA H100 80GB HBM3", 81559)
    ] * gpus
    assert (reading.node.nvlink, reading.node.rails, reading.faults) == (True, (), ())


def test_lost_and_divided_gpus_are_left_out_with_a_warning(tmp_path: Path) -> None:
    lost, _ = constructed_facts(tmp_path / "lost", "lost")
    assert read(gpu_facts=lost).warnings == (
        "gpu-01: GPU 0000:52:00.0 does not answer and is left out",
    )
    mig, _ = constructed_facts(tmp_path / "mig", "mig")
    assert read(gpu_facts=mig).warnings == (
        "gpu-01: GPU 0 is left out, since MIG is enabled on it; turn it off with nvidia-smi -i 0 "
        "-mig 0",
    )


def test_a_site_limits_the_gpus_that_a_plan_takes(tmp_path: Path) -> None:
    gpus, rdma = constructed_facts(tmp_path, "hgx-h20")
    node = read(gpu_facts=gpus, rdma_facts=rdma, gpus=4).node
    assert [gpu.index for gpu in node.gpus] == [0, 1, 2, 3]


def test_named_rails_are_taken_and_unknown_ones_refused(tmp_path: Path) -> None:
    gpus, rdma = constructed_facts(tmp_path, "hgx-h20")
    reading = read(Place("r1", rails=("mlx5_7", "mlx5_8")), gpu_facts=gpus, rdma_facts=rdma)
    assert [rail.name for rail in reading.node.rails] == ["mlx5_7:1"]
    assert codes(reading) == ["rail_unknown"]


@pytest.mark.parametrize(
    ("links", "linked"),
    [
        ((NvLink(known=True), NvLink(known=True)), False),
        ((SWITCHED, SWITCHED), True),
        ((SWITCHED, NvLink(known=True)), False),
        (
            (
                NvLink(known=True, links=12, peers=(NvLinkPeer("0000:00:01.0", 12),)),
                NvLink(known=True, links=12, peers=(NvLinkPeer("0000:00:00.0", 12),)),
            ),
            True,
        ),
    ],
)
def test_nvlink_reaches_all_or_counts_as_none(links: tuple[NvLink, NvLink], linked: bool) -> None:
    name = "NVIDIA H100 80GB HBM3"
    gpus = [
        gpu(at, f"0000:00:0{at}.0", nvlink=link, name=name, memory_mib=81559)
        for at, link in enumerate(links)
    ]
    assert read(gpu_facts=facts_of(*gpus)).node.nvlink is linked


def test_where_nvlink_is_not_told_the_declaration_holds() -> None:
    silent = facts_of(gpu(0, "0000:00:00.0", name="NVIDIA H100 80GB HBM3", memory_mib=81559))
    assert read(gpu_facts=silent, hardware={**H100, "nvlink": False}).node.nvlink is False
    assert read(gpu_facts=silent).node.nvlink is True


@pytest.mark.parametrize(
    ("driver", "kernel", "existing", "way"),
    [
        (OPEN, "6.8.0-40-generic", [], "dmabuf"),
        (OPEN, "5.12", [], "dmabuf"),
        (OPEN, "5.10.0-30-amd64", [], ""),
        (OPEN, "unknown", [], ""),
        (CLOSED, "6.8.0", [], ""),
        (CLOSED, "6.8.0", ["/sys/module/nvidia_peermem"], "nvidia_peermem"),
        (CLOSED, "6.8.0", ["/sys/kernel/mm/memory_peers/nv_mem"], "nvidia_peermem"),
        (OPEN, "6.8.0", ["/sys/module/nvidia_peermem"], "dmabuf"),
    ],
)
def test_how_a_nic_reaches_gpu_memory(
    driver: str, kernel: str, existing: list[str], way: str
) -> None:
    texts = {"/proc/driver/nvidia/version": {"text": driver, "error": ""}}
    host = host_facts(texts=texts, kernel=kernel, existing=existing)
    assert read(gpu_facts=recorded_gpus("h100x1"), host_facts=host).node.peer_memory == way


@pytest.mark.parametrize(
    ("address", "file", "speed", "rate"),
    [
        ("10.20.0.12", "/sys/class/net/ens3/speed", "25000", 25e9 / 8),
        # The narrowest network that has the address.
        ("10.21.0.12", "/sys/class/net/wide0/speed", "10000", 10e9 / 8),
        # No carrier, no such interface, no address.
        ("10.20.0.12", "/sys/class/net/ens3/speed", "-1", 0.0),
        ("10.20.0.12", "/sys/class/net/ens9/speed", "25000", 0.0),
        ("192.168.0.1", "/sys/class/net/ens3/speed", "25000", 0.0),
        ("gpu-01.example", "/sys/class/net/ens3/speed", "25000", 0.0),
        ("", "/sys/class/net/ens3/speed", "25000", 0.0),
    ],
)
def test_the_speed_of_the_interface(address: str, file: str, speed: str, rate: float) -> None:
    host = host_facts(texts={file: {"text": f"{speed}\n", "error": ""}})
    reading = read(gpu_facts=recorded_gpus("h100x1"), host_facts=host, address=address)
    assert reading.node.tcp_rate == rate


def test_facts_win_and_each_difference_is_told() -> None:
    hardware = {**H100, "memory_gib": 512, "tcp_gbps": 100.0, "disk_gb_per_second": 6.0}
    gpus = recorded_gpus("h100x2")
    reading = read(gpu_facts=gpus, host_facts=host_facts(), hardware=hardware)
    assert [fault.where for fault in reading.differences] == ["gpu-01: gpus", "gpu-01: memory_gib"]
    assert (len(reading.node.gpus), reading.node.memory_gib) == (2, 2015)
    # What facts do not tell stays as declared.
    assert (reading.node.tcp_rate, reading.node.disk_rate) == (12.5e9, 6e9)


def test_a_host_that_was_not_asked_is_as_declared() -> None:
    reading = read(hardware=H100)
    assert reading.node.declared
    assert (len(reading.node.gpus), reading.faults) == (1, ())


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: path.parts[-3])
def test_declarations_of_the_inventories_are_good(path: Path) -> None:
    reading = read(hardware=yaml.safe_load(path.read_text())["site_hardware"])
    assert reading.faults == ()


def test_neither_facts_nor_a_declaration_is_refused() -> None:
    reading = read()
    assert codes(reading) == ["hardware_unknown"]
    assert reading.faults[0].where == "gpu-01"


def test_a_bad_declaration_is_refused_with_or_without_facts() -> None:
    assert codes(read(hardware={"gpus": -1})) == ["hardware_invalid"]
    reading = read(hardware={"gpus": -1}, gpu_facts=recorded_gpus("h100x1"))
    assert codes(reading) == ["hardware_invalid"]
    assert reading.differences == ()


def test_facts_of_another_version_are_refused() -> None:
    reading = read(gpu_facts={"source": "nvml"})
    assert codes(reading) == ["device_facts_unreadable"]
    assert "gpus: missing" in reading.faults[0].found


def test_gpus_that_only_the_bus_shows_take_name_and_memory_from_the_declaration() -> None:
    bus = facts_of(gpu(0, "0000:00:00.0", name="10de:2330"), source="pci")
    assert read(gpu_facts=bus, hardware=H100).node.gpus == (NodeGpu(0, "h100-sxm-80gb", 81559, 0),)
    assert codes(read(gpu_facts=bus)) == ["gpu_memory_unknown"]
