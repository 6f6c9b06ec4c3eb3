from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    groups_that_fit,
    host_faults,
    make_pools,
    network_rate,
)

from tests.unit.plugins.module_utils.planning.search_samples import make_node, make_nodes

H100 = "h100-sxm-80gb"
A100 = "a100-sxm-80gb"


@pytest.mark.parametrize(
    ("sizes", "share", "hosts", "groups"),
    [
        ([(8, 1250)], 8, 2, 625),
        ([(8, 3)], 8, 2, 1),
        ([(8, 1)], 8, 2, 0),
        ([(8, 3)], 4, 3, 2),
        ([(8, 1), (4, 2)], 4, 2, 2),
        ([(8, 1), (4, 1)], 4, 2, 1),
        ([(16, 1), (4, 2)], 4, 2, 2),
        ([(4, 2)], 1, 1, 8),
        ([(4, 2)], 3, 1, 2),
        ([(2, 4)], 4, 1, 0),
        ([], 4, 1, 0),
    ],
)
def test_groups_take_different_hosts(
    sizes: list[tuple[int, int]], share: int, hosts: int, groups: int
) -> None:
    assert groups_that_fit(sizes, share, hosts) == groups


def test_hosts_are_pooled_by_gpu_model_whatever_name_it_is_given() -> None:
    nodes = (
        make_node("a", [H100] * 8),
        make_node("b", ["NVIDIA H100 80GB HBM3"] * 4),
        make_node("c", [A100] * 4),
    )
    pools = make_pools(nodes)
    assert [(pool.gpu.name, pool.sizes, pool.gpus) for pool in pools] == [
        (A100, ((4, 1),), 4),
        (H100, ((8, 1), (4, 1)), 12),
    ]


def test_hosts_with_nvlink_and_without_are_apart() -> None:
    nodes = (make_node("a", [H100] * 2), make_node("b", [H100] * 2, nvlink=False))
    assert [(pool.nvlink, pool.link_rate) for pool in make_pools(nodes)] == [
        (False, 64e9),
        (True, 450e9),
    ]


def test_a_pool_has_its_smallest_memory_and_its_slowest_rates() -> None:
    nodes = (
        make_node("a", [H100] * 2, memory_mib=81559, gigabits=[400, 400]),
        make_node("b", [H100] * 2, memory_mib=81000, gigabits=[100]),
        make_node("c", [H100] * 2, memory_mib=81559, gigabits=[10]),
    )
    (pool,) = make_pools(nodes)
    assert (pool.memory_mib, pool.fabric_rate, pool.slowest_rate) == (81000, 12.5e9, 1.25e9)
    assert (pool.connected, [node.name for node in pool.connected_nodes]) == (
        ((2, 2),),
        ["a", "b"],
    )
    assert pool.disk_rate == 6e9
    assert [node.name for node in pool.nodes_for(1)] == ["a", "b", "c"]
    assert [node.name for node in pool.nodes_for(2)] == ["a", "b"]


def test_nvlink_is_the_fabric_of_hosts_of_one_domain() -> None:
    nodes = make_nodes(2, 2, H100, gigabits=[], nvlink_domain="rack-1")
    (pool,) = make_pools(nodes)
    assert (pool.joined, pool.fabric_rate, pool.connected) == (True, 450e9, ((2, 2),))
    other = make_node("c", [H100] * 2, gigabits=[100], nvlink_domain="rack-2")
    (pool,) = make_pools((nodes[0], other))
    # The one of the other domain has no network that is fast enough.
    assert (pool.joined, pool.fabric_rate) == (False, 12.5e9)
    assert [node.name for node in pool.connected_nodes] == ["c"]


def test_without_two_hosts_in_reach_of_each_other_there_is_no_fabric() -> None:
    lonely = replace(make_node("a", [H100] * 2, gigabits=[]), tcp_rate=0.0)
    (pool,) = make_pools((lonely,))
    assert (pool.fabric_rate, pool.connected) == (0.0, ())


def test_hosts_of_two_nvlink_domains_need_a_network_between_them() -> None:
    nodes = [
        make_node(name, [H100] * 2, gigabits=[], nvlink_domain=domain)
        for name, domain in (("a", "rack-1"), ("b", "rack-2"))
    ]
    (pool,) = make_pools(nodes)
    assert (pool.connected_nodes, pool.fabric_rate) == ((), 0.0)
    assert [fault.code for fault in host_faults(nodes)] == ["fabric_too_slow"] * 2
    assert host_faults([replace(node, nvlink_domain="rack-1") for node in nodes]) == ()


def test_without_rdma_the_tcp_interface_counts() -> None:
    node = make_node("a", [H100], gigabits=[])
    assert network_rate(node) == 125_000_000.0


def test_hosts_that_cannot_be_used_are_named_with_their_figure() -> None:
    nodes = (
        make_node("bare", []),
        make_node("mixed", [H100, A100]),
        make_node("slow", [H100], gigabits=[10]),
        make_node("good", [H100]),
    )
    assert [(fault.code, fault.where, fault.found) for fault in host_faults(nodes)] == [
        ("host_without_gpu", "bare", "no GPU"),
        ("gpus_differ_in_host", "mixed", f"{A100} and {H100}"),
        ("fabric_too_slow", "slow", "10 Gb/s"),
    ]
    assert [[node.name for node in pool.nodes] for pool in make_pools(nodes)] == [["slow", "good"]]


def test_every_unknown_gpu_is_named_at_once() -> None:
    nodes = (
        make_node("a", [H100]),
        make_node("b", ["x900"], memory_mib=1),
        make_node("c", ["y900"], memory_mib=1),
    )
    with pytest.raises(InputError) as error:
        make_pools(nodes)
    lines = error.value.details["faults"]
    assert [line.split(", ")[0] for line in lines] == [
        "GPU: unknown gpu: found x900",
        "GPU: unknown gpu: found y900",
    ]


def test_hosts_without_any_gpu_are_a_pool_of_cpus_one_a_host() -> None:
    (pool,) = make_pools(make_nodes(2, 0, H100))
    assert (pool.gpu.name, pool.on_cpu, pool.sizes, pool.memory_mib) == (
        "cpu",
        True,
        ((1, 2),),
        65536,
    )
    assert host_faults(make_nodes(2, 0, H100)) == ()


def test_no_hosts_are_no_pool() -> None:
    assert make_pools(()) == ()
