"""A lab file is parsed into values, or refused with every fault."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from lab.hosts import definition
from lab.hosts.definition import Host, Lab
from lab.hosts.errors import DefinitionError
from lab.hosts.paths import DEFAULT_LAB_FILE


def entry(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "address": "10.1.0.11", "base": "trixie"} | changes


def lab(*hosts: Any, **changes: Any) -> dict[str, Any]:
    return {"name": "one", "network": "10.1.0.0/24", "hosts": list(hosts) or [entry()]} | changes


def faults(data: object) -> tuple[str, ...]:
    with pytest.raises(DefinitionError) as caught:
        definition.parse(data, "lab.yml")
    return caught.value.faults


def test_a_lab_file_becomes_values() -> None:
    data = lab(
        entry(),
        entry(name="b", address="10.1.0.12", bundle="/srv/bundle", disk=20, memory=1.5),
    )
    assert definition.parse(data, "lab.yml") == Lab(
        name="one",
        network=IPv4Network("10.1.0.0/24"),
        hosts=(
            Host("a", IPv4Address("10.1.0.11"), "trixie", "", 0, 0.0),
            Host("b", IPv4Address("10.1.0.12"), "trixie", "/srv/bundle", 20, 1.5),
        ),
    )


def test_the_gateway_has_the_first_and_the_machine_the_last_address() -> None:
    parsed = definition.parse(lab(network="10.1.0.0/24"), "lab.yml")
    assert str(parsed.gateway_address) == "10.1.0.1"
    assert str(parsed.machine_address) == "10.1.0.254"


def test_the_default_lab_is_the_one_that_the_inventory_names() -> None:
    parsed = definition.load(DEFAULT_LAB_FILE)
    assert parsed.name == "default"
    assert {host.name: str(host.address) for host in parsed.hosts} == {
        "cp1": "10.79.0.11",
        "node1": "10.79.0.12",
        "node2": "10.79.0.13",
    }
    assert [host.name for host in parsed.hosts if host.bundle] == ["cp1"]


NAME_RULE = (
    "needs 1 to 11 of a-z, 0-9 and '-', beginning with a letter (the bridge is named after it)"
)
NETWORK_RULE = (
    "needs a private IPv4 network of /29 or larger without host bits, such as 10.79.0.0/24"
)
HOST_NAME_RULE = "needs 1 to 40 of a-z, 0-9 and '-', and neither 'gateway' nor 'localhost'"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, "holds nothing, needs a mapping with hosts, name, network"),
        ([], "holds nothing, needs a mapping with hosts, name, network"),
        ("one", "holds a str, needs a mapping with hosts, name, network"),
        (lab(hosts=[]), "hosts is nothing, needs a list with at least one host"),
        (lab(hosts={"a": 1}), "hosts is a dict, needs a list with at least one host"),
        (lab("a"), "host number 1 is a str, needs a mapping"),
        (lab(colour="red"), "the lab has the unknown key 'colour'; known are hosts, name, network"),
        (lab(name="twelve-chars"), f"name is 'twelve-chars', {NAME_RULE}"),
        (lab(name="Upper"), f"name is 'Upper', {NAME_RULE}"),
        (lab(name="a.b"), f"name is 'a.b', {NAME_RULE}"),
        (lab(name="a-"), f"name is 'a-', {NAME_RULE}"),
        (lab(name=7), f"name is 7, {NAME_RULE}"),
        (lab(network="10.1.0.5/24"), f"network is '10.1.0.5/24', {NETWORK_RULE}"),
        (lab(network="10.1.0.0/30"), f"network is '10.1.0.0/30', {NETWORK_RULE}"),
        (lab(network="8.8.8.0/24"), f"network is '8.8.8.0/24', {NETWORK_RULE}"),
        (lab(network="fd00::/64"), f"network is 'fd00::/64', {NETWORK_RULE}"),
        (lab(network=10), f"network is 10, {NETWORK_RULE}"),
        (lab(entry(name="gateway")), f"host gateway: name is 'gateway', {HOST_NAME_RULE}"),
        (lab(entry(name="a_b")), f"host a_b: name is 'a_b', {HOST_NAME_RULE}"),
        (lab(entry(base="sid")), "host a: base is 'sid', needs one of trixie"),
        (
            lab(entry(bundle="srv")),
            "host a: bundle is 'srv', needs an absolute path, where the host sees the bundle",
        ),
        (lab(entry(disk=0)), "host a: disk is 0, needs a whole number of GiB, at least 1"),
        (lab(entry(disk=1.5)), "host a: disk is 1.5, needs a whole number of GiB, at least 1"),
        (lab(entry(disk=True)), "host a: disk is True, needs a whole number of GiB, at least 1"),
        (lab(entry(memory=0.1)), "host a: memory is 0.1, needs a number of GiB, at least 0.125"),
        (lab(entry(memory="2")), "host a: memory is '2', needs a number of GiB, at least 0.125"),
        (lab(entry(address="x")), "host a: address is 'x', needs an IPv4 address"),
        (
            lab(entry(address="10.2.0.1")),
            "host a: address 10.2.0.1 lies outside the network 10.1.0.0/24",
        ),
        (
            lab(entry(address="10.1.0.1")),
            "host a: address 10.1.0.1 belongs to the gateway; choose another",
        ),
        (
            lab(entry(address="10.1.0.254")),
            "host a: address 10.1.0.254 belongs to the machine; choose another",
        ),
        (
            lab(entry(address="10.1.0.255")),
            "host a: address 10.1.0.255 belongs to the broadcast; choose another",
        ),
        (
            lab(entry(), entry(name="b")),
            "address 10.1.0.11 is given to 2 hosts, needs one each",
        ),
        (
            lab(entry(), entry(address="10.1.0.12")),
            "name a is given to 2 hosts, needs one each",
        ),
    ],
)
def test_a_wrong_lab_file_is_refused(data: object, fault: str) -> None:
    assert faults(data) == (fault,)


def test_all_faults_are_reported_at_once_and_sorted() -> None:
    data = {"name": "Bad", "hosts": [{"name": "a", "adress": "10.1.0.11"}, 3]}
    assert faults(data) == (
        "host a has no 'address'",
        "host a has no 'base'",
        "host a has the unknown key 'adress'; known are address, base, bundle, disk, memory, name",
        "host number 2 is a int, needs a mapping",
        f"name is 'Bad', {NAME_RULE}",
        "the lab has no 'network'",
    )


def test_the_error_names_the_file_on_every_line() -> None:
    with pytest.raises(DefinitionError) as caught:
        definition.parse({"name": "one", "network": "10.1.0.0/24"}, "lab.yml")
    assert str(caught.value) == (
        "lab.yml: hosts is nothing, needs a list with at least one host\n"
        "lab.yml: the lab has no 'hosts'"
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"none\.yml: cannot be read: No such file"):
        definition.load(tmp_path / "none.yml")


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "lab.yml"
    file.write_text("name: [")
    with pytest.raises(DefinitionError, match=r"lab\.yml: is no YAML: "):
        definition.load(file)
