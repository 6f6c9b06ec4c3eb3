from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.filter.weights_parts import (
    FilterModule,
    weights_parts,
)

TOKEN = "0123456789abcdef" * 2
TRANSFER: dict[str, Any] = {
    "source": "http://10.0.0.1:8080/models/m",
    "model": "m",
    "digest": "5f1d2c0e9b7a" + "0" * 52,
    "root": "/models",
    "port": 8090,
    "token": TOKEN,
}
NODES: list[dict[str, Any]] = [
    {"name": "a", "address": "10.0.0.11", "rack": "r1", "bytes_per_second": 2e9},
    {"name": "b", "address": "10.0.0.12", "rack": "r1", "bytes_per_second": None},
    {"name": "c", "address": "10.0.0.13", "rack": None},
]


def test_each_node_has_a_part_with_the_options_of_the_module() -> None:
    parts = weights_parts(NODES, **TRANSFER)
    assert {name: part["feeds"] for name, part in parts.items()} == {
        "c": (),
        "a": ("http://10.0.0.13:8090",),
        "b": ("http://10.0.0.11:8090",),
    }
    assert {name: (part["stored_only"], part["relayed"]) for name, part in parts.items()} == {
        "c": (False, False),
        "a": (True, True),
        "b": (False, False),
    }
    assert all("listen 10.0.0.1" in part["relay"] for part in parts.values())


def test_a_holder_from_whom_nobody_reads_has_nothing_to_do() -> None:
    parts = weights_parts(NODES, ["a", "b", "c"], **TRANSFER)
    nothing = {"relay": "", "feeds": (), "stored_only": False, "relayed": False}
    assert parts == {"a": nothing, "b": nothing, "c": nothing}


@pytest.mark.parametrize(
    ("nodes", "fault"),
    [
        ([{"name": "a"}], "node 'a': address is needed"),
        ([{"address": "10.0.0.11"}], "node '?': name is needed"),
        ([{**NODES[0], "speed": 1}], "node 'a': 'speed' is not known"),
        ([{**NODES[0], "bytes_per_second": "fast"}], "bytes_per_second is 'fast', a number"),
        ([{**NODES[0], "bytes_per_second": -1}], "its link has -1 bytes/s"),
        ([{**NODES[0], "address": "node1"}], "an IPv4 or IPv6 address is needed"),
        ([NODES[0], NODES[0]], "node 'a' is named more than once"),
    ],
)
def test_nodes_that_no_chain_can_be_made_of_are_refused(
    nodes: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=r".") as caught:
        weights_parts(nodes, **TRANSFER)
    assert fault in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "asks"),
    [
        ({}, 'proxy_set_header Authorization "";'),
        ({"source_token": "5eed" * 8}, f'proxy_set_header Authorization "Bearer {"5eed" * 8}";'),
    ],
)
def test_the_head_shows_the_source_what_it_wants(given: dict[str, str], asks: str) -> None:
    nodes = [NODES[0], {**NODES[2], "has_source": True}]
    parts = weights_parts(nodes, **TRANSFER, **given)
    assert (parts["c"]["feeds"], parts["a"]["feeds"]) == ((), ("http://10.0.0.13:8090",))
    assert asks in parts["c"]["relay"]


def test_no_relay_keeps_the_secret_of_a_guarded_source() -> None:
    parts = weights_parts(NODES[:2], **TRANSFER, guarded=True)
    assert all("10.0.0.1:8080" not in part["relay"] for part in parts.values())
    assert (parts["a"]["relayed"], parts["b"]["stored_only"]) == (False, True)


def test_the_filter_has_its_name() -> None:
    assert FilterModule().filters() == {"weights_parts": weights_parts}
