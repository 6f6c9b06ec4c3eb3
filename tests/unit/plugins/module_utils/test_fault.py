"""Faults: words, order and suggestions."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import (
    Fault,
    nearest,
    ordered,
    rename_fix,
)

PORT = Fault("port_taken", "node1", "python3 on 10250", "10250 free", "stop python3")


def test_a_code_reads_as_words() -> None:
    assert PORT.what == "port taken"


def test_a_line_says_what_where_found_needed_and_fix() -> None:
    assert PORT.line() == (
        "node1: port taken: found python3 on 10250, needed 10250 free; stop python3"
    )


def test_a_fault_is_data_with_the_words_beside_the_code() -> None:
    assert PORT.as_dict() == {
        "what": "port taken",
        "code": "port_taken",
        "where": "node1",
        "found": "python3 on 10250",
        "needed": "10250 free",
        "fix": "stop python3",
    }


def test_faults_are_ordered_by_place_then_kind_and_each_appears_once() -> None:
    swap = Fault("swap_on", "node1", "1 GiB", "none", "swapoff")
    other = Fault("swap_on", "cp1", "1 GiB", "none", "swapoff")
    assert ordered([swap, PORT, other, PORT]) == (other, PORT, swap)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("site_pod_netwrok", "site_pod_network"),
        ("site_model", "site_model"),
        ("zzz", ""),
    ],
)
def test_the_nearest_name_is_found_or_none(name: str, near: str) -> None:
    assert nearest(name, {"site_pod_network", "site_service_network", "site_model"}) == near


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("modle", "write model, or remove modle"),
        ("zzz", "remove zzz; known names: groups, model"),
    ],
)
def test_an_unknown_name_is_renamed_or_removed(name: str, fix: str) -> None:
    assert rename_fix(name, ["model", "groups"]) == fix
