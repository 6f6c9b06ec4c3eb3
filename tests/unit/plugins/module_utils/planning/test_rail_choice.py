"""Which RDMA ports become rails, and why others do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.device_facts import (
    parse_gpus,
    parse_nics,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Rail
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rail_choice import (
    RailChoice,
    choose_rails,
    gid_index,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gid,
    Gpu,
    Nic,
    RdmaPort,
)

from tests.unit.plugins.module_utils.planning.fact_samples import (
    constructed_facts,
    constructed_nics,
    gid,
    gpu,
    nic,
    port,
)

# Two GPUs, each with a NIC below the same PCIe switch.
GPUS = (
    gpu(0, "pci0000:10", "0000:10:01.0", "0000:11:00.0", "0000:12:00.0", "0000:13:00.0"),
    gpu(1, "pci0000:20", "0000:20:01.0", "0000:21:00.0", "0000:22:00.0", "0000:23:00.0"),
)
NEAR = (
    nic("mlx5_1", "pci0000:10", "0000:10:01.0", "0000:11:00.0", "0000:12:01.0", "0000:14:00.0"),
    nic("mlx5_0", "pci0000:20", "0000:20:01.0", "0000:21:00.0", "0000:22:01.0", "0000:24:00.0"),
)
FAR = ("pci0000:30", "0000:30:01.0", "0000:31:00.0")
V4 = "0000:0000:0000:0000:0000:ffff:0a01:0203"
LOCAL = "fe80:0000:0000:0000:a288:c2ff:fe50:2000"
GLOBAL = "2001:0db8:0000:0000:0000:0000:0000:0001"


def choose(
    nics: tuple[Nic, ...], *, gpus: tuple[Gpu, ...] = GPUS, names: str = "", address: str = ""
) -> RailChoice:
    return choose_rails(gpus, nics, names=names.split(), host="gpu-01", address=address)


def rails(choice: RailChoice) -> list[str]:
    return [rail.name for rail in choice.rails]


@pytest.mark.parametrize(
    ("name", "word", "numa_nodes"),
    [
        ("dgx-a100", "PXB", [3, 3, 1, 1, 7, 7, 5, 5]),
        ("hgx-h20", "PIX", [0, 0, 0, 0, 1, 1, 1, 1]),
        ("dgx-b200", "PXB", [0, 0, 0, 0, 1, 1, 1, 1]),
    ],
)
def test_a_constructed_host_has_a_rail_beside_each_gpu(
    name: str, word: str, numa_nodes: list[int], tmp_path: Path
) -> None:
    gpu_facts, rdma = constructed_facts(tmp_path, name)
    gpus = parse_gpus(gpu_facts, host="h").gpus
    choice = choose(parse_nics(rdma, host="h"), gpus=gpus)
    assert rails(choice) == [f"mlx5_{at}:1" for at in range(8)]
    assert {rail.distance for rail in choice.rails} == {word}
    assert [rail.numa_node for rail in choice.rails] == numa_nodes
    assert (choice.passed_over, choice.faults) == ((), ())


def test_functions_that_stand_for_the_nvswitches_of_a_b200_are_left_out(tmp_path: Path) -> None:
    """Four functions of one ConnectX-7, InfiniBand and active, at a switch without a GPU."""
    gpu_facts, rdma = constructed_facts(tmp_path, "dgx-b200")
    bridges = tuple(
        nic(f"mlx5_{8 + at}", "pci0000:02", "0000:02:01.0", f"0000:05:00.{at}") for at in range(4)
    )
    gpus = parse_gpus(gpu_facts, host="h").gpus
    choice = choose((*parse_nics(rdma, host="h"), *bridges), gpus=gpus)
    assert rails(choice) == [f"mlx5_{at}:1" for at in range(8)]
    reason = "NODE from the nearest GPU, which has a nearer port: storage, management or NVSwitch"
    assert choice.passed_over == tuple((f"mlx5_{at}:1", reason) for at in range(8, 12))


def test_rails_are_in_the_order_of_their_gpus() -> None:
    assert rails(choose(NEAR)) == ["mlx5_1:1", "mlx5_0:1"]


def test_a_rail_in_full() -> None:
    lane = port(link_layer="Ethernet", netdev="ens1", gids=(gid(3, V4, "10.1.2.3", netdev="ens1"),))
    choice = choose((nic("mlx5_1", *NEAR[0].pci_path, ports=(lane,), numa_node=1),))
    assert choice.rails == (
        Rail(
            device="mlx5_1",
            port=1,
            link_layer="Ethernet",
            rate=50e9,
            netdev="ens1",
            gid_index=3,
            up=True,
            numa_node=1,
            distance="PIX",
        ),
    )


def test_storage_at_a_switch_of_its_own_is_left_out() -> None:
    choice = choose((*NEAR, nic("mlx5_2", *FAR)))
    assert rails(choice) == ["mlx5_1:1", "mlx5_0:1"]
    assert [name for name, _reason in choice.passed_over] == ["mlx5_2:1"]


def test_where_no_port_is_near_all_that_are_equally_far_are_rails() -> None:
    choice = choose((nic("mlx5_0", *FAR), nic("mlx5_1", "pci0000:40", "0000:41:00.0")))
    assert rails(choice) == ["mlx5_0:1", "mlx5_1:1"]
    assert {rail.distance for rail in choice.rails} == {"NODE"}


def test_without_gpus_or_places_on_the_bus_all_ports_are_rails() -> None:
    assert rails(choose(NEAR, gpus=())) == ["mlx5_1:1", "mlx5_0:1"]
    nowhere = (Gpu(index=0, pci_address="0000:13:00.0"),)
    assert {rail.distance for rail in choose(NEAR, gpus=nowhere).rails} == {""}


def test_a_broken_cable_shows() -> None:
    down = nic("mlx5_1", *NEAR[0].pci_path, ports=(port("DOWN", rate_gbps=2.5),))
    choice = choose((down, NEAR[1], nic("mlx5_2", *FAR)))
    assert [(rail.name, rail.up) for rail in choice.rails] == [
        ("mlx5_1:1", False),
        ("mlx5_0:1", True),
    ]


def test_an_unused_port_of_a_card_with_one_in_use_is_left_out() -> None:
    path = NEAR[0].pci_path
    second = nic("mlx5_9", *path[:-1], "0000:14:00.1", ports=(port("DOWN"),))
    both = nic("mlx5_0", *NEAR[1].pci_path, ports=(port(), port("INIT", number=2)))
    choice = choose((NEAR[0], second, both))
    assert rails(choice) == ["mlx5_1:1", "mlx5_0:1"]
    assert choice.passed_over == (
        ("mlx5_9:1", "DOWN, and another port of the card is up"),
        ("mlx5_0:2", "INIT, and another port of the card is up"),
    )


def test_virtual_functions_and_software_are_left_out() -> None:
    path = NEAR[0].pci_path
    virtual = nic("mlx5_5", *path[:-1], "0000:14:00.2", virtual_function=True)
    choice = choose((*NEAR, virtual, nic("rxe0")))
    assert choice.passed_over == (
        ("mlx5_5:1", "an SR-IOV virtual function"),
        ("rxe0:1", "made in software"),
    )


def test_the_port_with_the_hosts_address_is_left_out_where_there_are_others() -> None:
    lane = port(gids=(gid(3, V4, "10.1.2.3"),))
    managing = nic("mlx5_1", *NEAR[0].pci_path, ports=(lane,))
    choice = choose((managing, NEAR[1]), address="10.1.2.3")
    assert rails(choice) == ["mlx5_0:1"]
    assert choice.passed_over == (("mlx5_1:1", "it has the host's own address 10.1.2.3"),)
    assert rails(choose((managing, NEAR[1]), address="10.1.2.4")) == ["mlx5_1:1", "mlx5_0:1"]
    # The only port there is carries both.
    assert rails(choose((managing,), address="10.1.2.3")) == ["mlx5_1:1"]


def test_a_slower_port_is_left_out() -> None:
    slow = nic("mlx5_1", *NEAR[0].pci_path, ports=(port(rate_gbps=25.0),))
    choice = choose((slow, NEAR[1]))
    assert rails(choice) == ["mlx5_0:1"]
    assert choice.passed_over == (("mlx5_1:1", "25 Gb/s, where others have 400"),)


def test_all_kinds_of_devices(tmp_path: Path) -> None:
    """No GPU: the virtual function, the software one and what is slower are left out."""
    choice = choose(parse_nics(constructed_nics(tmp_path), host="h"), gpus=())
    assert [(rail.name, rail.up, rail.netdev, rail.gid_index) for rail in choice.rails] == [
        ("mlx5_2:1", False, "", -1),
        ("mlx5_3:1", True, "ens5np0", 3),
        ("mlx5_10:1", True, "ibp24s0", -1),
        ("mlx5_bond_0:1", True, "bond0", 3),
    ]
    assert dict(choice.passed_over) == {
        "mlx5_4:1": "an SR-IOV virtual function",
        "rxe0:1": "made in software",
        "mlx4_0:1": "40 Gb/s, where others have 400",
        "mlx4_0:2": "40 Gb/s, where others have 400",
    }


def test_named_rails_are_taken_in_their_order() -> None:
    far = nic("mlx5_2", *FAR)
    choice = choose((*NEAR, far), names="mlx5_2 mlx5_0:1")
    assert rails(choice) == ["mlx5_2:1", "mlx5_0:1"]
    assert choice.passed_over == (("mlx5_1:1", "not in site_rails"),)


def test_of_a_named_device_the_ports_that_are_up_are_taken() -> None:
    both = nic("mlx5_0", *FAR, ports=(port("DOWN"), port(number=2)))
    assert rails(choose((both,), names="mlx5_0")) == ["mlx5_0:2"]
    dark = nic("mlx5_0", *FAR, ports=(port("DOWN"), port("DOWN", number=2)))
    assert [(rail.name, rail.up) for rail in choose((dark,), names="mlx5_0").rails] == [
        ("mlx5_0:1", False)
    ]
    assert rails(choose((both,), names="mlx5_0:1")) == ["mlx5_0:1"]


def test_a_named_rail_that_the_host_lacks_is_refused() -> None:
    fault = choose(NEAR, names="mlx5_0 mlx5_11").faults[0]
    assert (fault.code, fault.where) == ("rail_unknown", "site_rails of gpu-01")
    assert fault.found == "mlx5_11"
    assert choose((), names="mlx5_0").faults[0].fix == "remove mlx5_0: the host has none"


@pytest.mark.parametrize(
    ("gids", "index"),
    [
        ((gid(0, LOCAL), gid(1, V4, "10.1.2.3")), 1),
        ((gid(0, V4, "10.1.2.3", "RoCE v1"), gid(1, V4, "10.1.2.3")), 1),
        # The interface's own, or its bond's; never another's.
        ((gid(3, V4, "10.1.2.3", netdev="eth9"), gid(5, V4, "10.1.2.3", netdev="ens1")), 5),
        ((gid(7, V4, "10.1.2.3", netdev="bond0"),), 7),
        ((gid(3, V4, "10.1.2.3", netdev="eth9"),), -1),
        # An address of IPv6 that is routed; not one of the link alone.
        ((gid(1, LOCAL), gid(3, GLOBAL)), 3),
        ((gid(1, GLOBAL), gid(3, V4, "10.1.2.3")), 3),
        ((gid(1, LOCAL),), -1),
        ((), -1),
    ],
)
def test_the_gid_index(gids: tuple[Gid, ...], index: int) -> None:
    lane: RdmaPort = port(link_layer="Ethernet", netdev="ens1", bond="bond0", gids=gids)
    assert gid_index(lane) == index


def test_infiniband_needs_no_gid_index() -> None:
    lane = port(netdev="ib0", gids=(gid(0, LOCAL, kind="IB"), gid(3, V4, "10.1.2.3")))
    assert choose((nic("mlx5_0", *FAR, ports=(lane,)),)).rails[0].gid_index == -1
