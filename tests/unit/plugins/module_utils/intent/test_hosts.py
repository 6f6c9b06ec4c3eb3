"""What each host must be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import HostState
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.hosts import (
    clock_faults,
    host_faults,
)

from tests.unit.plugins.module_utils.intent.samples import (
    FACTS,
    GIB,
    INVENTORY,
    SITE,
    facts,
    inventory,
    reached,
)


def test_hosts_that_are_right_have_no_fault() -> None:
    states = {"cp1": reached(FACTS), "node1": reached(FACTS)}
    assert list(host_faults(states, INVENTORY, SITE)) == []


@pytest.mark.parametrize(
    ("state", "code", "found"),
    [
        (HostState("timed out", "", (), "", None), "host_unreachable", "timed out"),
        (HostState("", "python3", (), "", None), "python_missing", "no Python at python3"),
        (HostState("", "/p", (3, 8, 18), "", None), "python_too_old", "Python 3.8.18 at /p"),
        (HostState("", "/p", (2, 7, 18), "", None), "python_too_old", "Python 2.7.18 at /p"),
        (HostState("", "/p", (3, 9, 0), "no sudo", None), "facts_unreadable", "no sudo"),
    ],
)
def test_a_host_that_gave_no_facts_has_the_one_fault_that_stopped_it(
    state: HostState, code: str, found: str
) -> None:
    faults = list(host_faults({"node1": state}, INVENTORY, SITE))
    assert [(fault.code, fault.where, fault.found) for fault in faults] == [(code, "node1", found)]


@pytest.mark.parametrize(
    ("answer", "code", "found"),
    [
        (
            {"distribution": {"id": "debian", "version": "11", "name": "Debian 11"}},
            "distribution_unsupported",
            "Debian 11",
        ),
        (
            {"distribution": {"id": "", "version": "", "name": ""}},
            "distribution_unsupported",
            "an unnamed distribution",
        ),
        ({"init": "tini"}, "init_not_systemd", "tini as PID 1"),
        ({"swap_bytes": 2 * GIB}, "swap_on", "2.0 GiB of swap"),
        ({"foreign_runtimes": ["cri-o", "docker"]}, "other_container_runtime", "cri-o, docker"),
        (
            {"cluster_server": "https://other:6443"},
            "node_of_another_cluster",
            "a kubelet that is joined to https://other:6443",
        ),
        (
            {"addresses": ["192.168.1.5"]},
            "address_not_on_host",
            "ansible_host 10.79.0.12; the host has 192.168.1.5",
        ),
        (
            {"addresses": []},
            "address_not_on_host",
            "ansible_host 10.79.0.12; the host has none",
        ),
    ],
)
def test_a_wrong_host_is_one_fault(answer: dict[str, Any], code: str, found: str) -> None:
    faults = list(host_faults({"node1": reached(facts(**answer))}, INVENTORY, SITE))
    assert [(fault.code, fault.found) for fault in faults] == [(code, found)]


@pytest.mark.parametrize(
    ("distribution", "version"), [("debian", "12"), ("debian", "13"), ("ubuntu", "24.04")]
)
def test_a_supported_distribution_is_no_fault(distribution: str, version: str) -> None:
    answer = facts(distribution={"id": distribution, "version": version, "name": "x"})
    assert list(host_faults({"node1": reached(answer)}, INVENTORY, SITE)) == []


def test_a_node_of_our_own_cluster_is_no_fault() -> None:
    ours = facts(cluster_server="https://kube-api.cluster.internal:6443")
    assert list(host_faults({"node1": reached(ours)}, INVENTORY, SITE)) == []


def test_a_mirror_that_is_no_node_may_have_swap_and_another_runtime() -> None:
    store = facts(swap_bytes=GIB, foreign_runtimes=["docker"], addresses=[])
    given = inventory(mirror=("store",))
    assert list(host_faults({"store": reached(store)}, given, SITE)) == []


def test_clocks_within_five_seconds_are_no_fault() -> None:
    both = {"cp1": FACTS, "node1": facts(epoch=1005.4)}
    assert list(clock_faults(both, now=1001.0)) == []
    assert list(clock_faults({}, now=1001.0)) == []


def test_a_clock_ahead_of_another_by_more_than_five_seconds_is_a_fault() -> None:
    both = {"cp1": FACTS, "node1": facts(epoch=1012.0)}
    faults = list(clock_faults(both, now=1001.0))
    assert [(fault.code, fault.where) for fault in faults] == [("clock_skew", "node1")]
    assert faults[0].found == "its clock is at least 10 s ahead of cp1"


def test_a_slow_answer_is_no_skew() -> None:
    slow = facts(asked_at=1000.0, epoch=1030.0)
    assert list(clock_faults({"cp1": FACTS, "node1": slow}, now=1030.1)) == []
