"""The ways of a model to many nodes that benchmarks.weights_fanout measures.

Each takes a bench, brings the model to all of its nodes and says what that took. The other tools
are not let to retry: what fails ends the run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from resource import struct_rusage
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (  # noqa: E402
    FanOutNode,
)

from benchmarks.shaped_network import ShapedNetwork  # noqa: E402
from benchmarks.weights_model import NAME  # noqa: E402

SOURCE = "source"
PORT = 8090
SOURCE_PORT = 8080
RSYNC_PORT = 873
RELAY_USER = "www-data"


@dataclass(frozen=True)
class Bench:
    """A network whose source serves the model, and a fresh weights root for each node.

    ``nodes`` are as the planner is told of them; ``parallel`` counts a node's files at a time.
    """

    network: ShapedNetwork
    directory: Path
    model: Path
    nodes: tuple[FanOutNode, ...]
    parallel: int

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes' names."""
        return tuple(node.name for node in self.nodes)

    @property
    def source(self) -> str:
        """URL of the model."""
        return f"http://{self.network.address(SOURCE)}:{SOURCE_PORT}/{self.model.name}"

    def root(self, node: str) -> Path:
        """The node's weights root."""
        return self.directory / node

    def run_directory(self, host: str) -> Path:
        """Where a host's nginx has its configuration, its pid and its log."""
        return self.directory / f"{host}.run"


@dataclass(frozen=True)
class Outcome:
    """Seconds until each node had the model, CPU seconds on all nodes, attempts after the first.

    ``memory`` is what the process that landed the files had at most on a node, in bytes, and
    ``results`` what model_weights returned.
    """

    seconds: Mapping[str, float]
    cpu_seconds: float
    memory: int
    retries: int = 0
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A tool that brings a model from the source: the command it needs, and how it is run."""

    command: str
    bring: Callable[[Bench], Outcome]


def curl(bench: Bench) -> Outcome:
    """curl on every node."""
    urls = [part for url in urls_of(bench) for part in ("-O", url)]
    options = ["--no-progress-meter", "--fail", "--parallel", "--parallel-max", str(bench.parallel)]
    return fetched(bench, ["curl", *options, *urls])


def aria2(bench: Bench) -> Outcome:
    """aria2 on every node, over HTTP."""
    urls = bench.directory / "urls"
    urls.write_text("".join(f"{url}\n" for url in urls_of(bench)))
    options = ["--quiet", "--max-tries=1", "--file-allocation=none", f"--input-file={urls}"]
    return fetched(bench, ["aria2c", *options, f"--max-concurrent-downloads={bench.parallel}"])


def urls_of(bench: Bench) -> list[str]:
    """URLs of the model's files at the source."""
    return [f"{bench.source}/{name}" for name in sorted(os.listdir(bench.model))]


def rsync(bench: Bench) -> Outcome:
    """rsync on every node, from a daemon on the source."""
    configuration = bench.directory / "rsyncd.conf"
    configuration.write_text(f"use chroot = no\n[models]\npath = {bench.model.parent}\n")
    daemon = ["rsync", "--daemon", "--no-detach", f"--config={configuration}"]
    with serving(bench, SOURCE, RSYNC_PORT, daemon):
        source = f"rsync://{bench.network.address(SOURCE)}/models/{NAME}/"
        return fetched(bench, ["rsync", "--archive", source, "."])


TOOLS = {
    "curl": Tool("curl", curl),
    "rsync": Tool("rsync", rsync),
    "aria2": Tool("aria2c", aria2),
}


def fetched(bench: Bench, argv: Sequence[str]) -> Outcome:
    """Run a command on every node at once; raises RuntimeError when it fails on one."""
    begun = time.monotonic()
    processes = []
    for node in bench.names:
        bench.root(node).mkdir()
        processes.append(bench.network.start(node, argv, cwd=bench.root(node)))
    with ThreadPoolExecutor(len(processes)) as pool:
        ended = list(pool.map(wait, processes))
    failed = [n for n, process in zip(bench.names, processes, strict=True) if process.returncode]
    if failed:
        raise RuntimeError(f"{argv[0]} failed on {', '.join(failed)}")
    seconds = {node: at - begun for node, (at, _usage) in zip(bench.names, ended, strict=True)}
    usages = [usage for _at, usage in ended]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    return Outcome(seconds, cpu, max(usage.ru_maxrss for usage in usages) * 1024)


def wait(process: subprocess.Popen[str]) -> tuple[float, struct_rusage]:
    """When a process ended (monotonic clock), and what it used."""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic(), usage


def nginx(
    bench: Bench, host: str, configuration: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    """An nginx on a host."""
    directory = bench.run_directory(host)
    directory.mkdir(exist_ok=True)
    path = directory / "nginx.conf"
    path.write_text(configuration)
    port = SOURCE_PORT if host == SOURCE else PORT
    argv = ["nginx", "-p", str(directory), "-c", str(path), "-g", "daemon off;"]
    return serving(bench, host, port, argv)


@contextmanager
def serving(
    bench: Bench, host: str, port: int, argv: Sequence[str]
) -> Iterator[subprocess.Popen[str]]:
    """A server on a host while the context lasts."""
    process = bench.network.start(host, argv)
    try:
        wait_until_answering(bench, host, port)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_answering(bench: Bench, host: str, port: int) -> None:
    """Wait until a host listens on a port; raises TimeoutError after 10 s."""
    argv = bench.network.command(host, ["ss", "-Hltn", f"sport = :{port}"])
    deadline = time.monotonic() + 10
    while not subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing listens on port {port} of {host} after 10 s")
        time.sleep(0.05)


def source_configuration(bench: Bench) -> str:
    """The source's nginx: plain files, as the mirror serves them."""
    return f"""
        user {RELAY_USER}; worker_processes auto; error_log stderr warn;
        pid {bench.run_directory(SOURCE)}/nginx.pid;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; sendfile on; tcp_nopush on;
            server {{
                listen {bench.network.address(SOURCE)}:{SOURCE_PORT}; root {bench.model.parent};
            }}
        }}
    """
