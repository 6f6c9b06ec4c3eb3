"""Chains headed by a source that no relay can read: a hub with its CDN, a bucket; real nginx."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights import arrival
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import FanOutNode
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.receiving import parse_passed

from tests.unit.plugins.module_utils.weights.bench import (
    INDEX,
    SHARDS,
    Fault,
    Model,
    WebServer,
    weights_of,
)
from tests.unit.plugins.module_utils.weights.hubs import hub
from tests.unit.plugins.module_utils.weights.relays import Cluster, chained, cluster
from tests.unit.plugins.module_utils.weights.scrubs import holds


def all_hold(made: Cluster, names: str) -> bool:
    return all(holds(made.root(name) / made.model.version, made.model) for name in names)


def passed(made: Cluster, node: str) -> Counter[str]:
    """How often each file passed through a node's relay, from wherever."""
    log = made.path / f"{node}.run" / "passed.log"
    return Counter(each.file for each in parse_passed(log.read_text()))


def test_a_hub_gives_each_large_file_once_to_the_head(tmp_path: Path, model: Model) -> None:
    with hub(model) as running, cluster(tmp_path, model, running.url, chained("abcd")) as made:
        found = made.land_all()
        assert all_hold(made, "abcd")
        assert Counter(name for name, _ in running.cdn.asked("GET")) == dict.fromkeys(SHARDS, 1)
        (pulled,) = weights_of(found["a"])["pulls"]
        assert pulled["feeder"] == urlsplit(running.endpoint).netloc
        assert {weights_of(change)["retries"] for change in found.values()} == {0}
        assert passed(made, "a") == {}
        assert passed(made, "b") == passed(made, "c") == dict.fromkeys(model.names, 1)


def test_a_bucket_is_read_once_also_with_several_racks_and_a_slow_node(
    tmp_path: Path, model: Model, server: WebServer
) -> None:
    server.directory = model.path.parent
    nodes = [
        *(FanOutNode(name, "r1", 10) for name in "abc"),
        *(FanOutNode(name, "r2", 10) for name in "de"),
        FanOutNode("s", "r2", 1),
    ]
    source = f"s3+{server.url}/source"
    with cluster(tmp_path, model, source, nodes) as made:
        made.land_all()
        assert all_hold(made, "abcdes")
    sent = Counter(name.removeprefix("source/") for name, _ in server.asked("GET"))
    # Every node reads the list and the index itself.
    assert {name: sent[name] for name in model.names if name != INDEX} == dict.fromkeys(
        [name for name in model.names if name != INDEX], 1
    )


def test_a_source_that_is_slower_than_the_nodes_patience_is_waited_for_and_asked_once(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "STALL_SECONDS", 0.5)
    with hub(model) as running, cluster(tmp_path, model, running.url, chained("abc")) as made:
        for shard in SHARDS:
            running.cdn.faults[shard] = [Fault("hold", 100)]
        threading.Timer(3, running.cdn.go_on.set).start()
        made.land_all()
        assert all_hold(made, "abc")
        assert Counter(name for name, _ in running.cdn.asked("GET")) == dict.fromkeys(SHARDS, 1)


def test_a_node_behind_a_lost_neighbour_is_fed_by_the_head_and_not_by_the_source(
    tmp_path: Path, model: Model
) -> None:
    with hub(model) as running, cluster(tmp_path, model, running.url, chained("abc")) as made:
        made.land("a")
        made.stop("b")
        made.land("c")
        assert all_hold(made, "ac")
        assert Counter(name for name, _ in running.cdn.asked("GET")) == dict.fromkeys(SHARDS, 1)
