"""The ways of a model to many nodes that benchmarks.weights_fanout measures.

Run as a program it is model_weights on one node: parameters come in as a line of JSON, seconds go
out.
"""

from __future__ import annotations

import hashlib
import json
import pwd
import random
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.engines import (  # noqa: E402
    ENGINES,
    Transfer,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.ensure import (  # noqa: E402
    ensure,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (  # noqa: E402
    FanOutNode,
    plan_fan_out,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import (  # noqa: E402
    Clock,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import (  # noqa: E402
    WeightsSpec,
)

from benchmarks.shaped_network import ShapedNetwork  # noqa: E402

NAME = "model"
SOURCE = "source"
PORT = 8090
SHARDS = 48
SEED = 1
# Files at a time: with fewer, links wait while the last bytes of some go down the chain.
PARALLEL = 8
RELAY_USER = "www-data"


@dataclass(frozen=True)
class Bench:
    """A network whose source serves the model, and a fresh weights root for each node."""

    network: ShapedNetwork
    directory: Path
    model: Path
    nodes: tuple[str, ...]

    @property
    def source(self) -> str:
        """URL of the model."""
        return f"http://{self.network.address(SOURCE)}:8080/{self.model.name}"

    def root(self, node: str) -> Path:
        """The node's weights root."""
        return self.directory / node


def chain(bench: Bench) -> Mapping[str, float]:
    """Relays on all nodes: seconds until each has verified and published the model."""
    nodes = [FanOutNode(node, "", bench.network.rates[node]) for node in bench.nodes]
    fan_out = plan_fan_out(nodes)
    digest = hashlib.sha256((bench.model / "SHA256SUMS").read_bytes()).hexdigest()
    token = secrets.token_hex(32)
    with ExitStack() as stack:
        landing = {}
        for node in bench.nodes:
            transfer = Transfer(
                source=bench.source,
                model=NAME,
                digest=digest,
                root=str(bench.root(node)),
                fan_out=fan_out,
                addresses={name: bench.network.address(name) for name in bench.nodes},
                port=PORT,
                token=token,
                relay_user=RELAY_USER,
                run_directory=str(run_directory(bench, node)),
            )
            part = ENGINES["chain"](transfer)[node]
            if part.relay:
                make_store(bench.root(node))
                stack.enter_context(running(bench, node, part.relay))
            landing[node] = {
                "feeds": part.feeds,
                "stored_only": part.stored_only,
                "relayed": part.relayed,
                "feed_token": token,
                "source": bench.source,
                "destination": str(bench.root(node)),
            }
        return landed(bench, landing)


def landed(bench: Bench, landing: Mapping[str, Mapping[str, Any]]) -> Mapping[str, float]:
    """Start model_weights on all nodes at once; raises RuntimeError when one does not verify."""
    argv = [sys.executable, "-m", "benchmarks.weights_engines"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT}
    processes = {node: bench.network.start(node, argv, **pipes) for node in landing}
    for process in processes.values():
        said(process)  # it has imported what it needs
    for node, process in processes.items():
        print(json.dumps(landing[node]), file=process.stdin, flush=True)
    seconds: dict[str, float] = {}
    for node, process in processes.items():
        answer = process.communicate()[0]
        if process.returncode != 0:
            raise RuntimeError(f"model_weights failed on {node}")
        seconds[node] = float(answer)
    return seconds


def said(process: subprocess.Popen[str]) -> str:
    """The next line of a process."""
    if process.stdout is None:
        raise ValueError("the process has no pipe")
    return process.stdout.readline()


def curl(bench: Bench) -> Mapping[str, float]:
    """curl on every node, eight files at a time."""
    names = sorted(path.name for path in bench.model.iterdir())
    urls = [part for name in names for part in ("-O", f"{bench.source}/{name}")]
    argv = ["curl", "--no-progress-meter", "--fail", "--parallel", "--parallel-max", "8", *urls]
    return fetched(bench, argv)


def rsync(bench: Bench) -> Mapping[str, float]:
    """rsync on every node from a daemon on the source."""
    configuration = bench.directory / "rsyncd.conf"
    configuration.write_text(f"use chroot = no\n[models]\npath = {bench.model.parent}\n")
    daemon = ["rsync", "--daemon", "--no-detach", f"--config={configuration}"]
    process = bench.network.start(SOURCE, daemon)
    wait_until_answering(bench, SOURCE, 873)
    try:
        source = f"rsync://{bench.network.address(SOURCE)}/models/{NAME}/"
        return fetched(bench, ["rsync", "--archive", source, "."])
    finally:
        process.terminate()
        process.wait(timeout=10)


def fetched(bench: Bench, argv: Sequence[str]) -> Mapping[str, float]:
    """Seconds from now to the end of a command on each node, all started together."""
    begun = time.monotonic()
    processes = {}
    for node in bench.nodes:
        bench.root(node).mkdir()
        processes[node] = bench.network.start(node, argv, cwd=bench.root(node))
    seconds: dict[str, float] = {}
    while len(seconds) < len(processes):
        time.sleep(0.02)
        ended = (n for n, process in processes.items() if process.poll() is not None)
        seconds.update((node, time.monotonic() - begun) for node in ended if node not in seconds)
    failed = [node for node, process in processes.items() if process.returncode != 0]
    if failed:
        raise RuntimeError(f"{argv[0]} failed on {', '.join(failed)}")
    return seconds


def make_store(root: Path) -> None:
    """The directory that the relay may write to."""
    store = root / ".relay"
    store.mkdir(parents=True)
    user = pwd.getpwnam(RELAY_USER)
    shutil.chown(store, user.pw_uid, user.pw_gid)


@contextmanager
def running(bench: Bench, host: str, configuration: str) -> Iterator[None]:
    """An nginx on a host."""
    directory = run_directory(bench, host)
    directory.mkdir()
    path = directory / "nginx.conf"
    path.write_text(configuration)
    argv = ["nginx", "-p", str(directory), "-c", str(path), "-g", "daemon off;"]
    process = bench.network.start(host, argv)
    try:
        wait_until_answering(bench, host, 8080 if host == SOURCE else PORT)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def run_directory(bench: Bench, host: str) -> Path:
    """Where a host's nginx has its configuration, its pid and its log."""
    return bench.directory / f"{host}.run"


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
        pid {run_directory(bench, SOURCE)}/nginx.pid;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; sendfile on; tcp_nopush on;
            server {{ listen {bench.network.address(SOURCE)}:8080; root {bench.model.parent}; }}
        }}
    """


def make_model(path: Path, size: int) -> Path:
    """Shards of random content with their SHA-256 list, ``size`` bytes in all."""
    path.mkdir(mode=0o755, parents=True)
    chance = random.Random(SEED)  # noqa: S311 content that repeats, no secret
    sums = []
    for number in range(1, SHARDS + 1):
        data = chance.randbytes(size // SHARDS)
        entry = {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}
        header = json.dumps({f"layer.{number}": entry}).encode()
        content = len(header).to_bytes(8, "little") + header + data
        name = f"model-{number:05}-of-{SHARDS:05}.safetensors"
        (path / name).write_bytes(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (path / "SHA256SUMS").write_text("".join(sums))
    return path


def land() -> None:
    """model_weights on one node: parameters come as a line of JSON, seconds go out."""
    print("ready", flush=True)
    parameters = json.loads(sys.stdin.readline())
    defaults = {
        "name": NAME,
        "state": "present",
        "digest": "",
        "parallel": PARALLEL,
        "timeout_seconds": 900,
        "retries": 3,
        "checks": ["safetensors"],
    }
    begun = time.monotonic()
    change = ensure(WeightsSpec.parse({**defaults, **parameters}), check_mode=False, clock=Clock())
    if not change.result["weights"]["verified"]:
        raise RuntimeError("not verified")
    print(time.monotonic() - begun)


if __name__ == "__main__":
    land()
