"""Names are unambiguous, fit the kernel's limits and are found again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.hosts import names
from lab.hosts.names import Handle

LABS = st.from_regex(names.LAB_NAME, fullmatch=True)
HOSTS = st.from_regex(names.HOST_NAME, fullmatch=True)


def test_a_handle_is_spelt_with_dots() -> None:
    assert str(Handle("default", "node1")) == "bml.default.node1"


@given(LABS, HOSTS)
def test_a_handle_is_read_back(lab: str, host: str) -> None:
    assert Handle.parse(str(Handle(lab, host))) == Handle(lab, host)


@pytest.mark.parametrize(
    "text", ["", "bml", "bml.a", "bml.a.b.c", "xml.a.b", "/bml.a.b", "bml.A.b"]
)
def test_what_is_no_handle_is_none(text: str) -> None:
    assert Handle.parse(text) is None


@given(LABS)
def test_a_bridge_fits_the_kernel_and_names_its_lab(lab: str) -> None:
    assert len(names.bridge(lab)) <= 15
    assert names.lab_of_bridge(names.bridge(lab)) == lab


@pytest.mark.parametrize("name", ["br0", "bml-", "bml", "docker0", "bml-Upper", "bml39cef64449b2"])
def test_other_interfaces_are_no_bridge_of_a_lab(name: str) -> None:
    assert names.lab_of_bridge(name) is None


def test_the_machines_end_of_a_link_fits_the_kernel_and_differs_by_lab_and_host() -> None:
    handles = [Handle("a", "x"), Handle("a", "y"), Handle("b", "x")]
    found = [names.veth(handle) for handle in handles]
    assert found == ["bml9ece34fbbbed", "bmla7a92488a729", "bml5491ee54847c"]
    assert {len(name) for name in found} == {15}


@given(LABS, HOSTS)
def test_a_mac_is_local_and_of_one_interface(lab: str, host: str) -> None:
    first = int(names.mac(Handle(lab, host)).split(":")[0], 16)
    assert first & 0b11 == 0b10
    assert len(names.mac(Handle(lab, host))) == 17
