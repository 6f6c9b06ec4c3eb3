"""The transport of NCCL that a plan names, for hosts with and without RDMA and NVLink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.transport import transports

from tests.unit.plugins.module_utils.planning.placement_samples import layout, node, rail
from tests.unit.plugins.module_utils.planning.test_environment import environment

RAILS = (rail("mlx5_0"),)
INSIDE, BETWEEN = "GPUs of one host", "hosts"


def named(
    nodes: Sequence[Node], candidate: Candidate, resource: str = "rdma/rails", **overrides: str
) -> list[tuple[str, str]]:
    settings = environment(nodes, candidate, resource=resource, **overrides)
    return [(each.between, each.nccl) for each in transports(nodes, (candidate,), settings)]


@pytest.mark.parametrize(
    ("nvlink", "expected"), [(True, "P2P"), (False, "P2P or SHM")], ids=["nvlink", "pcie"]
)
def test_gpus_of_one_host(nvlink: bool, expected: str) -> None:
    host = replace(node("a"), nvlink=nvlink)
    assert named([host], layout(4, 1, per_host=4)) == [(INSIDE, expected)]


def test_one_gpu_works_alone() -> None:
    assert named([node("a")], layout(1, 1, per_host=1)) == []


@pytest.mark.parametrize(
    ("resource", "overrides", "expected"),
    [
        ("rdma/rails", {}, "NET/IB"),
        ("", {}, "NET/Socket"),
        ("rdma/rails", {"NCCL_IB_DISABLE": "1"}, "NET/Socket"),
    ],
    ids=["devices in the pods", "no devices in the pods", "turned off"],
)
def test_hosts_with_rails(resource: str, overrides: dict[str, str], expected: str) -> None:
    hosts = [replace(node(name), rails=RAILS) for name in "ab"]
    found = named(hosts, layout(8, 1, per_host=4), resource, **overrides)
    assert found == [(INSIDE, "P2P"), (BETWEEN, expected)]


def test_hosts_without_rails_use_sockets() -> None:
    hosts = [replace(node(name), rails=()) for name in "ab"]
    assert named(hosts, layout(2, 1, per_host=1)) == [(BETWEEN, "NET/Socket")]


def test_nvlink_joins_hosts_of_one_domain_only() -> None:
    hosts = [replace(node(name), rails=(), nvlink_domain="rack-1") for name in "ab"]
    assert named(hosts, layout(2, 1, per_host=1)) == [(BETWEEN, "P2P")]
    apart = [hosts[0], replace(hosts[1], nvlink_domain="rack-2")]
    assert named(apart, layout(2, 1, per_host=1)) == [(BETWEEN, "NET/Socket")]


def test_the_fact_is_the_setting_s_or_the_domain() -> None:
    hosts = [replace(node(name), rails=(), nvlink_domain="rack-1") for name in "ab"]
    candidate = layout(2, 1, per_host=1)
    (found,) = transports(hosts, (candidate,), environment(hosts, candidate))
    assert found.fact == "all are of NVLink domain rack-1"


def test_hosts_without_gpus_have_no_nccl() -> None:
    hosts = [replace(node(name), gpus=()) for name in "ab"]
    assert named(hosts, layout(1, 2, per_host=1)) == []
