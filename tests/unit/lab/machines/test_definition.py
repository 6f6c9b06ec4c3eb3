"""A lab file of machines is parsed into values, or refused with every fault."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from lab.hosts.errors import DefinitionError
from lab.machines import definition
from lab.machines.definition import Disk, Lab, Machine, Shape
from lab.machines.paths import DEFAULT_FILE


def entry(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "address": "10.1.0.11"} | changes


DISKS = (
    "1 to 8 mappings of serial (1 to 20 of A-Z and 0-9, each once) and size (a whole number of GiB)"
)
ONE_DISK = {"serial": "LAB0001", "size": 1}
SHARES = "a mapping of bases, bundle, checkout to an absolute path, where the machine sees it"


def lab(*machines: Any, **changes: Any) -> dict[str, Any]:
    members = list(machines) or [entry()]
    return {"name": "one", "network": "10.1.0.0/24", "machines": members} | changes


def test_a_lab_file_becomes_values() -> None:
    shares = {"checkout": "/srv/checkout", "bundle": "/srv/bundle"}
    more = {"cpus": 2, "memory": 1.5, "shares": shares, "disks": [ONE_DISK]}
    data = lab(entry(), entry(name="b", address="10.1.0.12", **more))
    assert definition.parse(data, "lab.yml") == Lab(
        name="one",
        network=IPv4Network("10.1.0.0/24"),
        machines=(
            Machine("a", IPv4Address("10.1.0.11"), Shape(1, 1024), ()),
            Machine(
                "b",
                IPv4Address("10.1.0.12"),
                Shape(2, 1536),
                (("bundle", "/srv/bundle"), ("checkout", "/srv/checkout")),
                (Disk("LAB0001", 1),),
            ),
        ),
    )


def test_the_default_file_is_a_lab_of_two_machines() -> None:
    parsed = definition.load(DEFAULT_FILE)
    assert parsed.name == "machines"
    assert {machine.name: str(machine.address) for machine in parsed.machines} == {
        "vm1": "10.79.9.11",
        "vm2": "10.79.9.12",
    }
    assert str(parsed.machine_address) == "10.79.9.254"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"cpus": 0}, "cpus is 0, needs a whole number of virtual CPUs, at least 1"),
        ({"cpus": True}, "cpus is True, needs a whole number of virtual CPUs, at least 1"),
        ({"memory": 0.25}, "memory is 0.25, needs a number of GiB, at least 0.5"),
        ({"memory": "2"}, "memory is '2', needs a number of GiB, at least 0.5"),
        (
            {"shares": {"home": "/home"}},
            f"shares is {{'home': '/home'}}, needs {SHARES}",
        ),
        (
            {"shares": {"bundle": "srv"}},
            f"shares is {{'bundle': 'srv'}}, needs {SHARES}",
        ),
        ({"disks": []}, f"disks is [], needs {DISKS}"),
        ({"disks": ["LAB0001"]}, f"disks is ['LAB0001'], needs {DISKS}"),
        ({"disks": [ONE_DISK] * 2}, f"disks is {[ONE_DISK] * 2}, needs {DISKS}"),
        (
            {"disks": [{"serial": "lab", "size": 1}]},
            f"disks is [{{'serial': 'lab', 'size': 1}}], needs {DISKS}",
        ),
    ],
)
def test_a_wrong_value_is_one_fault(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        definition.parse(lab(entry(**change)), "lab.yml")
    assert caught.value.faults == (f"machine a: {fault}",)


def test_all_faults_are_reported_at_once() -> None:
    data = lab(entry(base="trixie"), entry(address="10.2.0.11"), hosts=[])
    with pytest.raises(DefinitionError) as caught:
        definition.parse(data, "lab.yml")
    assert caught.value.faults == (
        "machine a has the unknown key 'base'; known are address, cpus, disks, memory, name, "
        "shares",
        "machine a: address 10.2.0.11 lies outside the network 10.1.0.0/24",
        "name a is given to 2 machines, needs one each",
        "the lab has the unknown key 'hosts'; known are machines, name, network",
    )
