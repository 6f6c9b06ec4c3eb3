"""Limits by the rate of a link, and what a site overrides."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.limits import Limits


@pytest.mark.parametrize(
    ("kind", "gbps", "limit"),
    [
        # As oracle-quickstart/oci-hpc refuses: 96, 192, 384.
        ("rdma_bandwidth", 100.0, 96.0),
        ("rdma_bandwidth", 200.0, 192.0),
        ("rdma_bandwidth", 400.0, 384.0),
        ("rdma_bandwidth", 25.0, 23.5),
        ("rdma_latency", 400.0, 5.0),
        ("tcp_bandwidth", 10.0, 8.5),
        ("tcp_bandwidth", 25.0, 21.25),
        ("tcp_bandwidth", 100.0, 60.0),
        ("tcp_bandwidth", 0.0, 0.0),
    ],
)
def test_the_limit_of_a_link(kind: str, gbps: float, limit: float) -> None:
    assert Limits().of(kind, gbps, crossing=False) == limit


def test_a_site_overrides_limits() -> None:
    limits = Limits.parse({"rdma_percent": 93, "latency_usec": 2.5, "rack_crossing_percent": 50})
    assert limits.of("rdma_bandwidth", 400.0, crossing=False) == 372.0
    assert limits.of("rdma_bandwidth", 400.0, crossing=True) == 186.0
    assert limits.of("rdma_latency", 400.0, crossing=True) == 2.5
    assert limits.of("tcp_bandwidth", 10.0, crossing=True) == 4.25


def test_all_faults_of_limits_are_told_at_once() -> None:
    given = {"rdma_percnt": 9, "tcp_percent": 101, "latency_usec": -1, "outlier_percent": True}
    with pytest.raises(InputError) as raised:
        Limits.parse(given)
    assert raised.value.details["faults"] == [
        "latency_usec: limit out of range: found -1, needed 0 or more, of percents 100 "
        "at most; correct site_fabric_limits",
        "outlier_percent: limit out of range: found True, needed 0 or more, of percents 100 "
        "at most; correct site_fabric_limits",
        "rdma_percnt: limit unknown: found a name that is no limit, needed one of the limits; "
        "write rdma_percent, or remove rdma_percnt",
        "tcp_percent: limit out of range: found 101, needed 0 or more, of percents 100 at "
        "most; correct site_fabric_limits",
    ]
