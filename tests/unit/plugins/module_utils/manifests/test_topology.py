from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.topology import (
    exclusive_topology,
    planned_labels,
)

RACK = "sglang.baremetal.io/rack"


def plan(groups: dict[str, str], racks: dict[str, str] | None) -> dict[str, Any]:
    """A plan's groups, each with its hosts in one word of letters."""
    document: dict[str, Any] = {
        "groups": [
            {
                "name": name,
                "ranks": [{"rank": rank, "host": host} for rank, host in enumerate(hosts)],
            }
            for name, hosts in groups.items()
        ]
    }
    return document if racks is None else {**document, "racks": racks}


RACKS = {"a": "one", "b": "one", "c": "two", "d": "two"}


@pytest.mark.parametrize(
    ("groups", "racks", "label"),
    [
        ({"g": "ab"}, RACKS, RACK),
        ({"g": "a"}, RACKS, RACK),
        ({"g": "ab", "other": "cd"}, RACKS, RACK),
        ({"g": "a", "other": "b"}, RACKS, ""),
        ({"g": "ab", "other": "bc"}, RACKS, ""),
        ({"g": "abcd"}, RACKS, ""),
        ({"g": "ax"}, RACKS, ""),
        ({"g": "x"}, RACKS, ""),
        ({"g": "ab"}, {}, ""),
        ({"g": "ab"}, None, ""),
    ],
)
def test_a_group_that_is_alone_in_its_one_rack_has_it_for_itself(
    groups: dict[str, str], racks: dict[str, str] | None, label: str
) -> None:
    assert exclusive_topology(plan(groups, racks), "g") == label


def test_hosts_have_their_racks_as_labels_in_order_of_names() -> None:
    labels = planned_labels(plan({"g": "a"}, {"b": "one", "a": "two"}))
    assert list(labels.items()) == [("a", {"rack": "two"}), ("b", {"rack": "one"})]


@pytest.mark.parametrize("racks", [None, {}])
def test_a_plan_without_racks_labels_nothing(racks: dict[str, str] | None) -> None:
    assert planned_labels(plan({"g": "a"}, racks)) == {}
