"""The words of `nvidia-smi topo -m` from PCI paths, NUMA nodes and NVLinks."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gpu,
    Nic,
    NvLink,
    NvLinkPeer,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.distances import (
    distance,
    distances,
)

NO_LINKS = NvLink()


def gpu(path: str, *, numa: int = 0, nvlink: NvLink = NO_LINKS, index: int = 0) -> Gpu:
    parts = tuple(path.split("/")) if path else ()
    return Gpu(
        index=index,
        pci_address=path.rpartition("/")[2],
        pci_path=parts,
        numa_node=numa,
        nvlink=nvlink,
    )


def nic(path: str, *, name: str = "mlx5_0", numa: int = 0) -> Nic:
    parts = tuple(path.split("/")) if path else ()
    address = parts[-1] if parts else ""
    return Nic(name, address, parts, numa, "", "", "", "", False, ())


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        # one switch: upstream bridge up, downstream bridges d1 and d2
        ("pci0:0/r/up/d1/a", "pci0:0/r/up/d2/b", "PIX"),
        # two functions of one card
        ("pci0:0/r/a", "pci0:0/r/b", "PIX"),
        # one below a second switch
        ("pci0:0/r/up/d1/a", "pci0:0/r/up/d2/up2/d3/b", "PXB"),
        # one on the inner bus of a second switch
        ("pci0:0/r/up/d1/a", "pci0:0/r/up/d2/up2/b", "PXB"),
        # both below further switches
        ("pci0:0/r/up/d1/up1/d3/a", "pci0:0/r/up/d2/up2/d4/b", "PXB"),
        # two root ports of one host bridge
        ("pci0:0/r1/a", "pci0:0/r2/b", "PHB"),
        # straight on the host bridge, as in virtual machines
        ("pci0:0/a", "pci0:0/b", "PHB"),
        ("pci0:0/r/a", "pci0:1/r/b", "NODE"),
    ],
)
def test_pci_paths_give_the_word(one: str, other: str, word: str) -> None:
    assert distance(gpu(one), gpu(other)) == word
    assert distance(gpu(other), nic(one)) == word


@pytest.mark.parametrize(("one", "other", "word"), [(0, 1, "SYS"), (1, 1, "NODE"), (-1, -1, "SYS")])
def test_host_bridges_are_near_only_on_one_known_numa_node(one: int, other: int, word: str) -> None:
    assert distance(gpu("pci0:0/a", numa=one), gpu("pci0:1/b", numa=other)) == word


def test_nvlinks_through_a_switch_are_those_of_the_narrower_gpu() -> None:
    wide = gpu("pci0:0/a", nvlink=NvLink(True, 18, True))
    narrow = gpu("pci0:1/b", nvlink=NvLink(True, 16, True))
    assert distance(wide, narrow) == distance(narrow, wide) == "NV16"


def test_nvlinks_without_a_switch_reach_only_the_peer() -> None:
    bridged = NvLink(True, 4, False, (NvLinkPeer("b", 4),))
    one, peer = gpu("pci0:0/a", nvlink=bridged), gpu("pci0:1/b", nvlink=NvLink(True, 4))
    assert distance(one, peer) == "NV4"
    assert distance(one, gpu("pci0:1/c", nvlink=NvLink(True, 4))) == "NODE"


def test_a_device_is_itself() -> None:
    assert distance(nic("pci0:0/a"), nic("pci0:0/a")) == "X"


def test_the_table_leaves_out_lost_gpus_and_devices_without_a_place() -> None:
    lost = Gpu(index=-1, pci_address="c", pci_path=("pci0:0", "c"), lost=True)
    table = distances(
        [gpu("pci0:0/a", index=0), gpu("pci0:0/b", index=1), lost],
        [nic("pci0:1/d", numa=1), nic("", name="rxe0")],
    )
    assert table == {
        "GPU0": {"GPU0": "X", "GPU1": "PHB", "mlx5_0": "SYS"},
        "GPU1": {"GPU0": "PHB", "GPU1": "X", "mlx5_0": "SYS"},
        "mlx5_0": {"GPU0": "SYS", "GPU1": "SYS", "mlx5_0": "X"},
    }
