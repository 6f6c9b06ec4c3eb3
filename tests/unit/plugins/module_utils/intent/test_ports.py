"""Ports that must be free or ours."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.ports import (
    port_faults,
    wanted_ports,
)

from tests.unit.plugins.module_utils.intent.samples import INVENTORY, SITE, facts, inventory

MIRROR_PORTS = {"http": 8080, "registry": 5000, "relay": 8090, "source": 8091}
PORTS = wanted_ports(SITE, MIRROR_PORTS)


@pytest.mark.parametrize(
    ("host", "port", "process", "faulty"),
    [
        ("cp1", 6443, "kube-apiserver", False),
        ("cp1", 6443, "nginx", True),
        ("node1", 6443, "nginx", False),
        ("cp1", 2379, "etcd", False),
        ("cp1", 2380, "python3", True),
        ("cp1", 10257, "kube-controller-manager", False),
        ("cp1", 10259, "java", True),
        ("node1", 10250, "kubelet", False),
        ("node1", 10250, "", True),
        ("node1", 10256, "kube-proxy", False),
        ("node1", 8090, "nginx", False),
        ("node1", 8090, "java", True),
        ("cp1", 8090, "java", False),
        ("cp1", 8080, "nginx", False),
        ("cp1", 8080, "java", True),
        ("node1", 8080, "java", False),
        ("cp1", 5000, "docker-registry", False),
        ("cp1", 5000, "python3", True),
        ("node1", 30080, "python3", True),
        ("node1", 22, "sshd", False),
    ],
)
def test_a_port_is_free_or_held_by_the_program_that_belongs_there(
    host: str, port: int, process: str, faulty: bool
) -> None:
    answer = facts(listeners=[{"port": port, "address": "::", "process": process, "pid": 7}])
    assert bool(list(port_faults(PORTS, INVENTORY, {host: answer}))) is faulty


def test_a_fault_names_the_program_once_for_all_its_sockets() -> None:
    sockets = [
        {"port": 6443, "address": address, "process": "python3", "pid": 42}
        for address in ("0.0.0.0", "::")
    ]
    faults = list(port_faults(PORTS, INVENTORY, {"cp1": facts(listeners=sockets)}))
    assert [fault.found for fault in faults] == ["TCP port 6443 is held by python3 (PID 42)"]
    assert faults[0].needed == "port 6443 free for kube-apiserver"


def test_a_holder_that_cannot_be_seen_is_said_so() -> None:
    hidden = facts(listeners=[{"port": 10250, "address": "::", "process": "", "pid": 0}])
    faults = list(port_faults(PORTS, INVENTORY, {"node1": hidden}))
    assert faults[0].found == "TCP port 10250 is held by a program that root cannot see"


def test_the_mirror_has_its_ports_on_any_host() -> None:
    answer = facts(listeners=[{"port": 8080, "address": "::", "process": "java", "pid": 1}])
    given = inventory(mirror=("store",))
    assert len(list(port_faults(PORTS, given, {"store": answer}))) == 1


def test_the_one_host_that_has_the_weights_serves_them_on_a_port_of_its_own() -> None:
    answer = facts(listeners=[{"port": 8091, "address": "::", "process": "java", "pid": 1}])
    wanted = wanted_ports(SITE, MIRROR_PORTS, "node1")
    found = [*port_faults(wanted, INVENTORY, {"node1": answer, "cp1": answer})]
    assert [(fault.code, fault.where) for fault in found] == [("port_taken", "node1")]
    assert list(port_faults(PORTS, INVENTORY, {"node1": answer})) == []


def test_nodes_that_pass_nothing_on_need_no_port() -> None:
    numbers = {
        port.number
        for port in wanted_ports(SITE, {"http": 1, "registry": 2, "relay": 0, "source": 0})
    }
    assert 0 not in numbers
    assert {1, 2} <= numbers
