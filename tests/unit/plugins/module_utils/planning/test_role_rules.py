"""What disaggregation needs of hosts and ports, and which engines fit together."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node, Rail
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Ports
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_rules import (
    carrying_rails,
    disaggregation_faults,
    disaggregation_warnings,
    fit_together,
    shared_devices,
    shared_fabric,
)

from tests.unit.plugins.module_utils.planning.role_samples import PORTS, candidate, node, rail

ROCE = rail("mlx5_1", layer="Ethernet", gid=3)
ROCE_V1 = rail("mlx5_1", layer="Ethernet", gid=-1)
DOWN = rail("mlx5_2", up=False)


def faults_of(
    *nodes: Node, transport: str = "", ports: Ports = PORTS, bootstrap_port: int = 8998
) -> list[str]:
    found = disaggregation_faults(
        nodes, transport=transport, ports=ports, bootstrap_port=bootstrap_port
    )
    return [fault.line() for fault in found]


@pytest.mark.parametrize(
    "nodes",
    [
        (node("n1"), node("n2")),
        (node("n1", rails=(ROCE,)), node("n2", rails=(ROCE, DOWN))),
        (node("n1", gpus=2),),
        (node("n1", gpus=1), node("n2", gpus=1)),
        (node("n1", rails=(rail(gigabits=25),)),),
        (node("n1", rails=(rail(gigabits=10), rail("mlx5_9", gigabits=15))),),
        (node("n1", rails=(rail(), ROCE)), node("n2", rails=(ROCE,))),
    ],
)
def test_hosts_that_carry_disaggregation_have_no_faults(nodes: tuple[Node, ...]) -> None:
    assert faults_of(*nodes) == []


@pytest.mark.parametrize(
    ("rails", "fault"),
    [
        (
            (),
            "n1: disaggregation without rdma: found 0 RDMA ports, none of them up, needed an RDMA"
            " port that is up: it carries the KV cache from prefill to decode; bring a port up, or"
            " set serving_mode to unified",
        ),
        (
            (DOWN,),
            "n1: disaggregation without rdma: found 1 RDMA ports, none of them up, needed an RDMA"
            " port that is up: it carries the KV cache from prefill to decode; bring a port up, or"
            " set serving_mode to unified",
        ),
        (
            (ROCE_V1, DOWN),
            "n1: disaggregation without gid: found no RoCE v2 GID on mlx5_1, needed a RoCE v2 GID:"
            " RoCE v1 is not routed; give the port's network interface an IP address",
        ),
        (
            (rail(gigabits=24),),
            "n1: disaggregation fabric slow: found 24 Gb/s of RDMA, needed 25 Gb/s or more; use a"
            " faster port, or set serving_mode to unified",
        ),
    ],
)
def test_a_host_whose_fabric_does_not_carry_it_is_refused(
    rails: tuple[Rail, ...], fault: str
) -> None:
    assert faults_of(node("n1", rails=rails), node("n2")) == [fault]


def test_hosts_of_two_fabrics_are_refused() -> None:
    assert faults_of(node("n2", rails=(ROCE,)), node("n1"), node("n3", rails=())) == [
        "n3: disaggregation without rdma: found 0 RDMA ports, none of them up, needed an RDMA port"
        " that is up: it carries the KV cache from prefill to decode; bring a port up, or set"
        " serving_mode to unified",
        "the group serving: disaggregation fabrics differ: found n1 InfiniBand, n2 Ethernet, needed"
        " one link layer on all hosts: InfiniBand and RoCE do not reach each other; take the hosts"
        " of one fabric into the group serving, or set serving_mode to unified",
    ]


@pytest.mark.parametrize(
    ("nodes", "where", "found"),
    [
        ((node("n1", gpus=1),), "n1", "1 GPUs"),
        ((), "the group serving", "0 GPUs"),
    ],
)
def test_fewer_gpus_than_roles_are_refused(nodes: tuple[Node, ...], where: str, found: str) -> None:
    assert faults_of(*nodes) == [
        f"{where}: disaggregation too few gpus: found {found}, needed 2 or more: prefill and decode"
        " are engines with GPUs of their own; add GPUs, or set serving_mode to unified"
    ]


def test_tcp_that_an_intent_file_asks_for_is_refused() -> None:
    assert faults_of(node("n1"), transport="tcp") == [
        "communication.protocol: disaggregation over tcp: found TCP, needed RDMA: the KV cache of"
        " every prompt goes from prefill to decode; set communication.protocol to RDMA, or set"
        " serving_mode to unified"
    ]
    assert faults_of(node("n1"), transport="rdma") == []


@pytest.mark.parametrize(
    ("port", "needed"),
    [
        (0, "a TCP port, 1 to 65535"),
        (65536, "a TCP port, 1 to 65535"),
        (30000, "another port than ports.serving"),
        (20000, "none of 20000 to 20013, which begin at ports.distributed"),
        (20013, "none of 20000 to 20013, which begin at ports.distributed"),
    ],
)
def test_a_bootstrap_port_that_is_taken_is_refused(port: int, needed: str) -> None:
    assert faults_of(node("n1"), bootstrap_port=port) == [
        f"the bootstrap port of prefill: bootstrap port invalid: found {port}, needed {needed};"
        " choose another bootstrap port"
    ]


@pytest.mark.parametrize("port", [1, 19999, 20014, 65535])
def test_a_free_bootstrap_port_is_taken(port: int) -> None:
    assert faults_of(node("n1"), bootstrap_port=port) == []


def test_a_rail_carries_when_it_is_up_and_routed() -> None:
    assert carrying_rails(node("n1", rails=(rail(), ROCE, ROCE_V1, DOWN))) == (rail(), ROCE)


def test_the_fabric_is_the_link_layer_that_all_hosts_have_and_infiniband_before_ethernet() -> None:
    both = node("n1", rails=(rail(), ROCE))
    assert shared_fabric((both, both)) == "InfiniBand"
    assert shared_fabric((both, node("n2", rails=(ROCE,)))) == "Ethernet"
    assert shared_fabric((node("n1"), node("n2", rails=(ROCE,)))) == ""
    assert shared_fabric(()) == ""


def test_devices_are_those_of_the_fabric_that_each_host_has() -> None:
    one = node("n1", rails=(rail("mlx5_4"), rail("mlx5_0"), rail("mlx5_1"), ROCE))
    other = node("n2", rails=(rail("mlx5_0"), rail("mlx5_4"), rail("mlx5_1", up=False)))
    assert shared_devices((one, other), "InfiniBand") == ("mlx5_0", "mlx5_4")
    assert shared_devices((one, other), "Ethernet") == ()


def test_a_host_without_a_way_from_nic_to_gpu_is_warned_of() -> None:
    nodes = (
        node("n3", declared=False),
        node("n2", declared=False, peer_memory="dmabuf"),
        node("n1", declared=True),
        node("n0", declared=False),
    )
    assert disaggregation_warnings(nodes) == (
        "n0: found neither DMA-BUF nor nvidia_peermem; the KV cache goes from GPU to GPU only where"
        " the NIC reaches GPU memory",
        "n3: found neither DMA-BUF nor nvidia_peermem; the KV cache goes from GPU to GPU only where"
        " the NIC reaches GPU memory",
    )


@pytest.mark.parametrize(
    ("prefill", "decode", "fits"),
    [
        (candidate(), candidate(), True),
        (candidate(tensor=4), candidate(tensor=8), True),
        (candidate(tensor=8), candidate(tensor=4), True),
        (candidate(tensor=16, attention=4), candidate(tensor=8, attention=8), True),
        (candidate(tensor=6), candidate(tensor=4), False),
        (candidate(pipeline=2), candidate(pipeline=2), True),
        (candidate(pipeline=4), candidate(pipeline=1), True),
        (candidate(pipeline=1), candidate(pipeline=2), False),
        (candidate(pipeline=4), candidate(pipeline=2), False),
        (candidate(weights="fp8"), candidate(weights="bfloat16"), False),
        (candidate(speculative=True), candidate(), False),
        (candidate(groups=3), candidate(groups=1), True),
    ],
)
def test_decode_reads_the_cache_of_prefill_engines_that_fit(
    prefill: Candidate, decode: Candidate, fits: bool
) -> None:
    assert fit_together(prefill, decode) is fits
