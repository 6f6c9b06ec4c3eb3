"""Real relays on the loopback interface: one nginx for each node of a fan-out."""

from __future__ import annotations

import getpass
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (
    Upstream,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.engines import (
    Part,
    Transfer,
    chain,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (
    FanOutNode,
    plan_fan_out,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    is_relayable,
)

from tests.unit.plugins.module_utils.weights.bench import Model, run

TOKEN = "5eed" * 8


@dataclass
class Cluster:
    """Nodes with a weights root and an address each; every node's relay has the same port."""

    path: Path
    model: Model
    source: str
    nodes: Sequence[FanOutNode]
    port: int
    holders: frozenset[str] = frozenset()
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def root(self, node: str) -> Path:
        return self.path / node

    def address(self, node: str) -> str:
        names = [each.name for each in self.nodes]
        return f"127.0.0.{names.index(node) + 2}"

    def transfer(self, node: str) -> Transfer:
        """The transfer as it is with this node's weights root."""
        return Transfer(
            source=Upstream(self.source) if is_relayable(self.source) else None,
            model="m",
            digest=self.model.digest,
            root=str(self.root(node)),
            fan_out=plan_fan_out(
                self.nodes, holders=self.holders, relayable=is_relayable(self.source)
            ),
            addresses={each.name: self.address(each.name) for each in self.nodes},
            port=self.port,
            token=TOKEN,
            relay_user=getpass.getuser(),
            run_directory=str(self.path / f"{node}.run"),
        )

    def part(self, node: str) -> Part:
        # Each node has a root of its own on this one machine, so it has a transfer of its own.
        return chain(self.transfer(node))[node]

    def start(self, node: str) -> None:
        (self.root(node) / ".relay" / self.model.digest[:12]).mkdir(parents=True, exist_ok=True)
        configuration = self.path / f"{node}.run" / "nginx.conf"
        configuration.parent.mkdir()
        text = self.part(node).relay
        configuration.write_text(text.replace("worker_processes auto", "worker_processes 1"))
        argv = ["nginx", "-p", str(self.path), "-c", str(configuration), "-g", "daemon off;"]
        self.running[node] = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        wait_until_answering(self.address(node), self.port)

    def stop(self, node: str) -> None:
        """End a node's relay; one that was ended already stays so."""
        self.running[node].terminate()
        self.running[node].wait(timeout=10)

    def land(self, node: str, **values: Any) -> Change:
        """model_weights on a node as the engine wants it."""
        part = self.part(node)
        return run(
            self.root(node),
            self.source,
            feeds=part.feeds,
            stored_only=part.stored_only,
            relayed=part.relayed,
            feed_token=TOKEN,
            clock=Clock(),
            **values,
        )

    def land_all(self, **values: Any) -> dict[str, Change]:
        """model_weights on every node that is to be fed, at the same time."""
        names = [node.name for node in self.nodes if node.name not in self.holders]
        with ThreadPoolExecutor(len(names)) as pool:
            found = pool.map(lambda name: self.land(name, **values), names)
            return dict(zip(names, found, strict=True))


@contextmanager
def cluster(
    path: Path, model: Model, source: str, nodes: Sequence[FanOutNode], **values: Any
) -> Iterator[Cluster]:
    """A cluster whose relays run."""
    made = Cluster(path, model, source, nodes, free_port(), **values)
    with ExitStack() as stack:
        for node in nodes:
            made.start(node.name)
            stack.callback(made.stop, node.name)
        yield made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


def wait_until_answering(address: str, port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"no relay on {address}:{port} after 10 s")


def chained(names: str, **values: Any) -> list[FanOutNode]:
    """Nodes of one rack, named by a letter each."""
    return [replace(FanOutNode(name, "r1"), **values) for name in names]


def wait_until_there(path: Path) -> None:
    """nginx stores a file after the last byte has passed, so a reader may be first."""
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
