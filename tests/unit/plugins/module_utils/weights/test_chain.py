"""The chain engine with real nginx processes: what each node holds and what the source sent."""

from __future__ import annotations

import http.client
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights import arrival
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters import relay
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import FanOutNode

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    run,
    weights_of,
)
from tests.unit.plugins.module_utils.weights.relays import (
    TOKEN,
    Cluster,
    chained,
    cluster,
    wait_until_there,
)


def bodies(server: WebServer) -> Counter[str]:
    """How often the source sent each file; the list and the index every node reads itself."""
    small = ("SHA256SUMS", "model.safetensors.index.json")
    return Counter(name for name, _ in server.asked("GET") if name not in small)


def holds(made: Cluster, node: str) -> bool:
    published = made.root(node) / made.model.version
    names = sorted(str(p.relative_to(published)) for p in published.rglob("*") if p.is_file())
    same = all(
        (published / name).read_bytes() == (made.model.path / name).read_bytes()
        for name in made.model.names
    )
    return same and set(names) - {"SHA256SUMS", ".verified.json"} == set(made.model.names)


def ask(made: Cluster, node: str, path: str, *, token: str = TOKEN, method: str = "GET") -> int:
    connection = http.client.HTTPConnection(made.address(node), made.port, timeout=10)
    connection.request(method, path, headers={"Authorization": f"Bearer {token}"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_every_node_holds_the_model_and_the_source_sends_each_file_once(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    with cluster(tmp_path, model, server.url, chained("abcd")) as made:
        found = made.land_all()
        assert [holds(made, name) for name in "abcd"] == [True] * 4
    assert bodies(server) == dict.fromkeys((*SHARDS, "config.json", "extra/notes.txt"), 1)
    assert {weights_of(change)["retries"] for change in found.values()} == {0}
    assert {weights_of(change)["fetched_bytes"] for change in found.values()} == {model.size}


@pytest.mark.slow
def test_a_slow_node_and_another_rack_are_fed_from_verified_files(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    nodes = [
        *(FanOutNode(name, "r1", 10) for name in "ab"),
        *(FanOutNode(name, "r2", 10) for name in "cd"),
        FanOutNode("slow", "r2", 1),
    ]
    with cluster(tmp_path, model, server.url, nodes) as made:
        made.land_all()
        assert [holds(made, node.name) for node in nodes] == [True] * 5
    assert bodies(server)[SHARDS[0]] == bodies(server)[SHARDS[1]] == 1


def test_bytes_pass_all_relays_while_the_source_still_sends(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    model.write("large", b"x" * 100_000)
    server.faults["large"] = [Fault("hold", 40_000)]
    with cluster(tmp_path, model, server.url, chained("abcd")) as made:
        connection = http.client.HTTPConnection(made.address("d"), made.port, timeout=10)
        connection.request("GET", "/chain/large", headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        # Each relay may hold back what does not fill a buffer.
        assert answer.read(24_000) == b"x" * 24_000
        assert server.sent_bytes == 40_000
        server.go_on.set()
        assert len(answer.read()) == 76_000
        connection.close()


def test_a_source_that_does_not_answer_is_not_asked_by_every_node(
    tmp_path: Path, server: WebServer, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "READ_SECONDS", 0.2)
    server.faults[SHARDS[0]] = [Fault("late")] * 20
    with cluster(tmp_path, model, server.url, chained("abcde")) as made:
        assert ask(made, "e", f"/chain/{SHARDS[0]}") == 504
        server.go_on.set()
    assert bodies(server) == {SHARDS[0]: 1}


def test_a_node_added_later_is_fed_by_a_holder(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    nodes = chained("ab")
    run(tmp_path / "a", model.url)
    with cluster(tmp_path, model, server.url, nodes, holders=frozenset("a")) as made:
        made.land_all()
        assert holds(made, "b")
    assert bodies(server) == {}


@pytest.mark.slow
def test_a_bit_that_flips_at_the_source_is_repaired_on_every_node(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    server.faults[SHARDS[0]] = [Fault("flip", 5000)]
    with cluster(tmp_path, model, server.url, chained("abc")) as made:
        found = made.land_all(retries=1)
        assert [holds(made, name) for name in "abc"] == [True] * 3
    assert [weights_of(change)["retries"] for change in found.values()] == [1, 1, 1]
    assert bodies(server)[SHARDS[0]] == 2


def test_a_node_whose_feeder_is_gone_goes_on_with_the_one_before_it(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    with cluster(tmp_path, model, server.url, chained("abc")) as made:
        made.stop("b")
        made.land("c")
        made.land("a")
        assert [holds(made, name) for name in "ac"] == [True] * 2
    assert bodies(server) == dict.fromkeys((*SHARDS, "config.json", "extra/notes.txt"), 1)


def test_without_any_relay_the_source_feeds(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    with cluster(tmp_path, model, server.url, chained("abc")) as made:
        for name in "abc":
            made.stop(name)
        made.land("c")
        assert holds(made, "c")


def test_what_does_not_arrive_is_asked_for(
    tmp_path: Path, server: WebServer, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "STALL_SECONDS", 0.05)
    with cluster(tmp_path, model, server.url, chained("ab")) as made:
        made.land("a")
        assert holds(made, "a")


def test_what_an_interrupted_run_left_in_the_store_is_used(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    with cluster(tmp_path, model, server.url, chained("ab")) as made:
        assert ask(made, "a", f"/chain/{SHARDS[0]}") == 200
        stored = made.root("a") / ".relay" / model.digest[:12] / SHARDS[0]
        wait_until_there(stored)
        assert stored.read_bytes() == (model.path / SHARDS[0]).read_bytes()
        made.land_all()
        assert holds(made, "a")
        assert not stored.exists()
    assert bodies(server)[SHARDS[0]] == 1


def test_names_with_spaces_and_percent_signs_pass(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    model.write("a b/100% é+#?.txt", b"bytes")
    with cluster(tmp_path, model, server.url, chained("abc")) as made:
        made.land_all()
        assert [holds(made, name) for name in "abc"] == [True] * 3


@pytest.mark.parametrize("path", ["/chain/config.json", "/stored/config.json", "/anything"])
def test_whoever_does_not_know_the_token_reads_nothing(
    tmp_path: Path, server: WebServer, model: Model, path: str
) -> None:
    with cluster(tmp_path, model, server.url, chained("a")) as made:
        assert ask(made, "a", path, token="0" * 32) == 403
        assert ask(made, "a", path, token="") == 403
    assert server.requests == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/chain/config.json", 405),
        ("DELETE", "/chain/config.json", 405),
        ("GET", "/", 404),
        ("GET", "/chain/", 404),
        ("GET", "/chain/../../etc/passwd", 400),
        ("GET", "/chain/%2e%2e/config.json", 404),
        ("GET", "/stored/config.json", 503),
        ("HEAD", "/chain/config.json", 200),
        ("GET", "/chain/no-such-file", 404),
    ],
)
def test_a_relay_gives_a_models_files_and_nothing_else(
    tmp_path: Path, server: WebServer, model: Model, method: str, path: str, status: int
) -> None:
    with cluster(tmp_path, model, server.url, chained("a")) as made:
        assert ask(made, "a", path, method=method) == status
        assert list((made.root("a") / ".relay" / model.digest[:12]).iterdir()) == []


def test_a_relay_listens_on_its_own_address_only(
    tmp_path: Path, server: WebServer, model: Model
) -> None:
    with cluster(tmp_path, model, server.url, chained("a")) as made:
        connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=10)
        with pytest.raises(ConnectionRefusedError):
            connection.request("GET", "/chain/config.json")


def test_the_token_does_not_reach_the_source(
    tmp_path: Path, model: Model, server: WebServer
) -> None:
    with cluster(tmp_path, model, server.url, chained("ab")) as made:
        made.land_all()
    assert server.authorizations == set()
