from __future__ import annotations

from dataclasses import replace

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (
    Upstream,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.engines import (
    ENGINES,
    Part,
    Transfer,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (
    FanOutNode,
    plan_fan_out,
)

TOKEN = "0123456789abcdef" * 2
NODES = [FanOutNode(name, "r1", rate) for name, rate in (("a", 2), ("b", 2), ("c", 2), ("s", 1))]
TRANSFER = Transfer(
    source=Upstream("http://10.0.0.1:8080/models/m", "5eed" * 8),
    model="m",
    digest="5f1d2c0e9b7a" + "0" * 52,
    root="/models",
    fan_out=plan_fan_out(NODES),
    addresses={node.name: f"10.0.0.{n}" for n, node in enumerate(NODES, start=11)},
    port=8090,
    token=TOKEN,
)


def test_direct_needs_nothing_but_the_source() -> None:
    assert ENGINES["direct"](TRANSFER) == {name: Part() for name in "abcs"}


def test_in_a_chain_only_its_end_asks_and_a_slow_node_waits_for_whole_files() -> None:
    parts = ENGINES["chain"](TRANSFER)
    assert {n: (p.feeds, p.stored_only, p.relayed) for n, p in parts.items()} == {
        "a": ((), False, True),
        "b": (("http://10.0.0.11:8090",), False, True),
        "c": (("http://10.0.0.12:8090", "http://10.0.0.11:8090"), False, False),
        "s": (("http://10.0.0.13:8090",), True, False),
    }


def test_every_node_listens_on_its_own_address_and_ends_at_the_source() -> None:
    for name, part in ENGINES["chain"](TRANSFER).items():
        assert f"listen {TRANSFER.addresses[name]}:8090;" in part.relay
        assert "server 10.0.0.1:8080 max_fails=0;" in part.relay
        assert f'proxy_set_header Authorization "Bearer {"5eed" * 8}";' in part.relay


def test_a_holder_runs_a_relay_and_is_fed_by_nobody() -> None:
    fan_out = plan_fan_out(NODES[:2], holders=frozenset("a"))
    parts = ENGINES["chain"](replace(TRANSFER, fan_out=fan_out))
    assert (parts["a"].feeds, parts["a"].relayed) == ((), False)
    assert "listen 10.0.0.11:8090;" in parts["a"].relay
    assert (parts["b"].feeds, parts["b"].stored_only) == (("http://10.0.0.11:8090",), True)
    assert "rewrite ^ /stored/$relayed_file break;" in parts["b"].relay


def test_the_head_asks_a_source_that_nginx_cannot_read_and_gives_whole_files_on() -> None:
    fan_out = plan_fan_out(NODES, relayable=False)
    parts = ENGINES["chain"](replace(TRANSFER, source=None, fan_out=fan_out))
    assert {n: (p.feeds, p.stored_only, p.relayed) for n, p in parts.items()} == {
        "a": ((), False, False),
        "b": (("http://10.0.0.11:8090",), True, True),
        "c": (("http://10.0.0.12:8090", "http://10.0.0.11:8090"), False, False),
        "s": (("http://10.0.0.13:8090",), True, False),
    }
    assert "proxy_pass" not in parts["a"].relay
    assert all("10.0.0.1:8080" not in part.relay for part in parts.values())
    assert "rewrite ^ /stored/$relayed_file break;" in parts["b"].relay
    assert "rewrite ^ /chain/$relayed_file break;" in parts["c"].relay


def test_the_token_is_not_shown_by_accident() -> None:
    parts = ENGINES["chain"](TRANSFER)
    shown = repr(TRANSFER) + repr(parts)
    assert (TOKEN in shown, "5eed" in shown) == (False, False)
