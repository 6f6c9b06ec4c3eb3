"""The engine's environment: values, the facts behind them, overrides, warnings and faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.environment import (
    Environment,
    engine_environment,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    LATENCY,
    Constraints,
    Request,
)

from tests.unit.plugins.module_utils.planning.placement_samples import (
    GIGABIT,
    R1_SIZES,
    layout,
    node,
    rail,
    roce,
)

RAILS = (rail("mlx5_2"), rail("mlx5_10"))
TWO_HOSTS = layout(8, 1, per_host=4)
ONE_HOST = layout(4, 1, per_host=4)


def environment(
    nodes: Sequence[Node], *candidates: Any, resource: str = "rdma/rails", **overrides: str
) -> Environment:
    given = tuple(overrides.items())
    request = Request("site", R1_SIZES, tuple(nodes), LATENCY, Constraints(), "sglang", "0", given)
    layouts = candidates or (TWO_HOSTS,)
    return engine_environment(request, nodes, *layouts, rdma_resource=resource)


def values(found: Environment) -> dict[str, str]:
    return {setting.name: setting.value for setting in found.settings}


def fact(found: Environment, name: str) -> str:
    return next(s.fact for s in (*found.settings, *found.elsewhere) if s.name == name)


def codes(found: Environment) -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in found.faults]


def pair(**same: Any) -> list[Node]:
    return [node("a", "r1", **same), node("b", "r1", **same)]


def test_infiniband_between_two_hosts() -> None:
    found = environment(pair(rails=RAILS))
    assert values(found) == {
        "GLOO_SOCKET_IFNAME": "eth0",
        "NCCL_DMABUF_ENABLE": "1",
        "NCCL_IB_HCA": "=mlx5_2:1,mlx5_10:1",
        "NCCL_NET": "IB",
        "NCCL_NET_GDR_LEVEL": "PIX",
        "NCCL_NVLS_ENABLE": "0",
        "NCCL_SOCKET_IFNAME": "=eth0",
    }
    assert (found.faults, found.warnings) == ((), ())
    assert fact(found, "NCCL_IB_HCA") == "rdma_facts: 2 ports of 400 Gb/s, PIX from a GPU"
    assert next(s for s in found.settings if s.name == "NCCL_NET").override == (
        "site_environment: {NCCL_NET: ...}"
    )


def test_settings_are_in_the_order_of_their_names() -> None:
    names = [setting.name for setting in environment(pair(rails=RAILS), ZZZ="1").settings]
    assert names == sorted(names)


def test_what_is_set_elsewhere_is_told_and_no_variable() -> None:
    found = environment(pair(rails=RAILS))
    told = {setting.name: setting.value for setting in found.elsewhere}
    assert told["SGLANG_HOST_IP"] == "status.podIP"
    assert told["capability IPC_LOCK"] == "added"
    assert told["/dev/shm"] == "16384 MiB"
    assert told["LimitMEMLOCK of containerd.service"] == "infinity"
    assert told["NCCL_IB_TC"] == told["NCCL_IB_GID_INDEX"] == told["SGLANG_CACHE_DIR"] == ""
    assert "/var/cache/sglang" not in told
    assert not set(told) & set(values(found))


def test_roce_at_one_switch() -> None:
    found = environment(pair(rails=(roce("mlx5_0"), roce("mlx5_1"))))
    assert values(found)["NCCL_IB_GID_INDEX"] == "3"
    assert "NCCL_IB_QPS_PER_CONNECTION" not in values(found)
    assert fact(found, "NCCL_IB_TC") == (
        "nobody said how the switches mark RoCE; 106 is DSCP 26 with ECN"
    )
    assert found.faults == ()


@pytest.mark.parametrize("place", [{"rack": "r2"}, {"leaf_switch": "leaf2"}])
def test_roce_over_several_switches_has_several_queue_pairs(place: dict[str, Any]) -> None:
    here = node("a", "r1", rails=(roce(),))
    found = environment([here, replace(here, name="b", **place)])
    assert values(found)["NCCL_IB_QPS_PER_CONNECTION"] == "4"


def test_different_gid_indexes_are_left_to_nccl() -> None:
    found = environment([node("a", rails=(roce(),)), node("b", rails=(roce(gid_index=5),))])
    assert "NCCL_IB_GID_INDEX" not in values(found)
    assert found.warnings == (
        "the RoCE v2 GIDs have different indexes (3, 5), so NCCL_IB_GID_INDEX is not set; NCCL "
        "looks for one itself",
    )


def test_a_port_that_shares_no_switch_with_a_gpu_leaves_the_level_to_nccl() -> None:
    near_and_far = (rail("mlx5_0", distance="PXB"), rail("mlx5_1", distance="NODE"))
    found = environment(pair(rails=near_and_far))
    assert "NCCL_NET_GDR_LEVEL" not in values(found)
    found = environment(pair(rails=(rail("mlx5_0", distance="PXB"), rail("mlx5_1"))))
    assert values(found)["NCCL_NET_GDR_LEVEL"] == "PXB"
    declared = environment(pair(rails=(rail(distance=""),), declared=True))
    assert "NCCL_NET_GDR_LEVEL" not in values(declared)
    assert fact(declared, "NCCL_IB_HCA") == "site_hardware: 1 ports of 400 Gb/s"
    assert fact(declared, "NCCL_NET_GDR_LEVEL") == (
        "nobody said how far the ports are from the GPUs: NCCL's own rule"
    )


def test_peermem_takes_the_place_of_dma_buf() -> None:
    found = environment(pair(rails=RAILS, peer_memory="nvidia_peermem"))
    assert values(found)["NCCL_DMABUF_ENABLE"] == "0"


def test_without_either_a_warning_says_so() -> None:
    nodes = [node(name, rails=RAILS, peer_memory="") for name in "abcde"]
    found = environment(nodes)
    assert "NCCL_DMABUF_ENABLE" not in values(found)
    assert found.warnings[0].startswith("a, b, c and 2 more: neither DMA-BUF nor nvidia_peermem")


def test_ports_of_the_first_host_that_were_left_out_are_named_with_the_reason() -> None:
    left_out = (("mlx5_0:1", "storage"), ("rxe0:1", "made in software"), ("mlx5_1:1", "storage"))
    other = node("b", "r1", rails=RAILS, passed_over=(("mlx5_9:1", "down"),))
    found = environment([node("a", "r1", rails=RAILS, passed_over=left_out), other])
    assert fact(found, "NCCL_IB_HCA") == (
        "rdma_facts: 2 ports of 400 Gb/s, PIX from a GPU; not mlx5_0:1, mlx5_1:1: storage; not "
        "rxe0:1: made in software"
    )


def test_one_host_needs_no_network() -> None:
    found = environment([node("a", rails=(rail(up=False),), tcp_rate=0.0)], ONE_HOST)
    assert set(values(found)) == {"GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME", "NCCL_NVLS_ENABLE"}
    assert (found.faults, found.warnings) == ((), ())


def test_groups_of_one_host_that_hand_over_caches_need_one() -> None:
    found = environment(pair(rails=RAILS), ONE_HOST, ONE_HOST)
    assert values(found)["NCCL_NET"] == "IB"


def test_a_host_without_rdma_sends_all_over_tcp_and_a_warning_says_so() -> None:
    found = environment([node("a", rails=RAILS), node("b", tcp_rate=0.0)])
    assert values(found)["NCCL_NET"] == "Socket"
    assert "NCCL_IB_HCA" not in values(found)
    assert [warning.split(":")[0] for warning in found.warnings] == [
        "no RDMA between hosts, since b has no RDMA port for the engine",
        "b",
    ]


def test_hosts_of_one_nvlink_domain_need_no_network_and_a_warning_names_the_channel() -> None:
    hosts = [replace(node(name, tcp_rate=GIGABIT), nvlink_domain="rack-1") for name in "ab"]
    found = environment(hosts)
    assert (found.faults, "NCCL_NET" in values(found)) == ((), False)
    (warning,) = found.warnings
    assert "domain rack-1) needs an IMEX channel" in warning


def test_pods_that_request_no_rdma_devices_cannot_be_made_to_use_them() -> None:
    found = environment(pair(rails=RAILS), resource="")
    assert "NCCL_NET" not in values(found)
    assert values(found)["NCCL_IB_HCA"] == "=mlx5_2:1,mlx5_10:1"
    assert found.warnings[0].startswith("the pods request no resource of an RDMA device plugin")
    told = {setting.name: setting.value for setting in found.elsewhere}
    assert told["NCCL_NET"] == ""
    assert "capability IPC_LOCK" not in told


@pytest.mark.parametrize("off", [{"NCCL_IB_DISABLE": "1"}, {"NCCL_NET": "Socket"}])
def test_a_person_turns_rdma_off(off: dict[str, str]) -> None:
    found = environment(pair(rails=(rail(up=False),), tcp_rate=100 * GIGABIT), **off)
    assert values(found)["NCCL_NET"] == "Socket"
    assert "NCCL_IB_HCA" not in values(found)
    assert (found.warnings, found.faults) == ((), ())
    slow = environment(pair(rails=RAILS, tcp_rate=10 * GIGABIT), **off)
    assert codes(slow) == [("fabric_too_slow", "a"), ("fabric_too_slow", "b")]


def test_hosts_without_gpus_need_gloo_alone() -> None:
    found = environment([node("a", gpus=0), node("b", gpus=0)], layout(1, 2, per_host=1))
    assert values(found) == {"GLOO_SOCKET_IFNAME": "eth0"}
    assert [(setting.name, setting.value) for setting in found.elsewhere] == [
        ("SGLANG_HOST_IP", "status.podIP"),
        ("/dev/shm", "512 MiB"),
    ]
    assert (found.faults, found.warnings) == ((), ())


def test_multicast_is_told_and_stays_off() -> None:
    found = environment(pair(rails=RAILS, multicast=True))
    assert values(found)["NCCL_NVLS_ENABLE"] == "0"
    assert "the hosts can do it" in fact(found, "NCCL_NVLS_ENABLE")
    assert "not on these hosts" in fact(environment(pair(rails=RAILS)), "NCCL_NVLS_ENABLE")


def test_a_persons_values_win() -> None:
    found = environment(
        pair(rails=RAILS), NCCL_IB_TC="106", NCCL_NVLS_ENABLE="1", NCCL_DEBUG="INFO"
    )
    assert values(found)["NCCL_IB_TC"] == "106"
    assert values(found)["NCCL_NVLS_ENABLE"] == "1"
    assert values(found)["NCCL_DEBUG"] == "INFO"
    assert fact(found, "NCCL_IB_TC") == "site_environment says it"
    assert "NCCL_IB_TC" not in [setting.name for setting in found.elsewhere]


def test_variables_of_the_manifest_are_refused() -> None:
    found = environment(pair(rails=RAILS), SGLANG_HOST_IP="10.0.0.1", LWS_WORKER_INDEX="1")
    assert codes(found) == [
        ("environment_reserved", "site_environment.LWS_WORKER_INDEX"),
        ("environment_reserved", "site_environment.SGLANG_HOST_IP"),
    ]
    assert found.faults[1].needed == "no SGLANG_HOST_IP: its value is the pod's own address"


def test_a_rail_that_is_down_is_refused() -> None:
    broken = node("b", rails=(rail("mlx5_0"), rail("mlx5_1", up=False)))
    found = environment([node("a", rails=(rail("mlx5_0"), rail("mlx5_1"))), broken])
    assert codes(found) == [("rail_down", "b")]
    assert found.faults[0].found == "mlx5_1:1 not ACTIVE"
    assert found.faults[0].needed == "all 2 rails up"


def test_roce_without_a_v2_gid_is_refused() -> None:
    found = environment([node("a", rails=(roce(),)), node("b", rails=(roce(gid_index=-1),))])
    assert codes(found) == [("roce_without_v2_gid", "b")]


def test_ten_gigabit_are_refused_where_25_are_needed() -> None:
    slow = rail(rate=10 * GIGABIT)
    found = environment([node("a", rails=(slow,)), node("b", rails=RAILS)])
    assert [fault.found for fault in found.faults] == ["10 Gb/s over RDMA"]
    found = environment([node("a"), node("b", tcp_rate=10 * GIGABIT)])
    assert codes(found) == [("fabric_too_slow", "b")]
    assert found.faults[0].found == "10 Gb/s over TCP"
    assert found.faults[0].needed == "25 Gb/s for a group of several hosts"
    assert codes(environment([node("a"), node("b", tcp_rate=25 * GIGABIT)])) == []


def test_infiniband_and_roce_in_one_group_are_refused() -> None:
    found = environment([node("a", rails=(rail(),)), node("b", rails=(roce(),))])
    assert codes(found) == [("rails_of_two_link_layers", "group serving")]
    assert found.faults[0].found == "Ethernet and InfiniBand"


def test_a_rail_with_the_name_of_another_hosts_storage_port_is_refused() -> None:
    other = node("b", rails=(rail("mlx5_1"),), passed_over=(("mlx5_0:1", "storage"),))
    found = environment([node("a", rails=(rail("mlx5_0"),)), other])
    assert codes(found) == [("rail_names_differ", "b")]


def test_different_names_that_mean_nothing_else_are_only_told() -> None:
    found = environment([node("a", rails=(rail("mlx5_0"),)), node("b", rails=(rail("mlx5_1"),))])
    assert (codes(found), len(found.warnings)) == ([], 1)
    assert values(found)["NCCL_IB_HCA"] == "=mlx5_0:1,mlx5_1:1"


def test_pods_with_different_interfaces_are_refused() -> None:
    found = environment([node("a", rails=RAILS), node("b", rails=RAILS, interface="net1")])
    assert codes(found) == [("interfaces_differ", "group serving")]


def test_an_override_ends_the_matter() -> None:
    broken = node("b", rails=(roce("mlx5_1", up=False, gid_index=-1),), interface="net1")
    found = environment(
        [node("a", rails=(roce("mlx5_1"),)), broken],
        NCCL_IB_HCA="=mlx5_0",
        NCCL_IB_GID_INDEX="3",
        GLOO_SOCKET_IFNAME="eth0",
    )
    assert codes(found) == []
