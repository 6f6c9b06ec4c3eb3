"""One engine group on this machine: a process group per rank, started, awaited and stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .launch import Launch
from .waiting import GATE

ADDRESS = "127.0.0.1"
PORT = 31000
DISTRIBUTED_PORT = 32500
# The engine answers /health with a generated token, which it gives 20 s.
HEALTH_SECONDS = 25
TERM_SECONDS = 8
KILL_SECONDS = 10
POLL_SECONDS = 0.5
# With DP attention each rank asks first whether ports beside the distributed one are free, which
# rank 0 then takes: on one machine the other ranks must have asked before.
DP_ATTENTION = "--enable-dp-attention"
HEAD_START_SECONDS = 15
# The machine has no network; without these the libraries try it first.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


class LaunchError(Exception):
    """The engine did not start, or did not answer as it should."""


@dataclass(frozen=True)
class Rank:
    """One engine process, leader of a process group of its own, and its log."""

    process: subprocess.Popen[bytes]
    log: Path


@dataclass(frozen=True)
class Group:
    """The ranks of a running launch; rank 0 answers at `url`."""

    ranks: tuple[Rank, ...]
    url: str
    gate: Path

    def open(self) -> None:
        """Let the ranks use their GPUs."""
        self.gate.touch()

    def log_text(self, rank: int = 0) -> str:
        """All that a rank has printed so far."""
        return self.ranks[rank].log.read_text(errors="replace")


@dataclass(frozen=True)
class Place:
    """Where launches run: directories of models, logs and records, and the engine's command.

    `models` holds a directory for each shape, `logs` gets one file per rank. `used_mib` asks how
    much memory the GPUs have in use. GPUs are counted from `first_gpu`.
    """

    models: Path
    logs: Path
    records: Path
    command: Sequence[str]
    used_mib: Callable[[], int]
    port: int = PORT
    distributed_port: int = DISTRIBUTED_PORT
    first_gpu: int = 0


@contextlib.contextmanager
def started(launch: Launch, place: Place) -> Iterator[Group]:
    """The ranks of a launch as processes that wait for `Group.open`, gone when the block ends,
    however it ends."""
    gate = place.logs / f"{launch.name}.gate"
    gate.unlink(missing_ok=True)
    ranks: list[Rank] = []
    try:
        for rank in reversed(range(launch.ranks)):
            ranks.insert(0, _start(launch, rank, place, gate))
            if rank and DP_ATTENTION in launch.arguments:
                time.sleep(HEAD_START_SECONDS)
        yield Group(tuple(ranks), f"http://{ADDRESS}:{place.port}", gate)
    finally:
        stop(ranks)


def wait_until_healthy(group: Group, seconds: float) -> float:
    """Seconds until rank 0 was healthy.

    Raises LaunchError when a rank ends or the time is over.
    """
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        for number, rank in enumerate(group.ranks):
            if rank.process.poll() is not None:
                raise LaunchError(f"rank {number} ended with {rank.process.returncode}")
        if _healthy(group.url):
            return round(time.monotonic() - begin, 1)
        time.sleep(POLL_SECONDS)
    raise LaunchError(f"not healthy after {seconds:.0f} s")


def server_info(group: Group) -> dict[str, Any]:
    """The engine's /server_info."""
    with urllib.request.urlopen(f"{group.url}/server_info", timeout=HEALTH_SECONDS) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def kill(group: Group, number: int, seconds: float) -> float:
    """Kill a rank's processes; seconds until rank 0's process was gone as well.

    Raises LaunchError when rank 0 outlives the time.
    """
    begin = time.monotonic()
    _signal(group.ranks[number], signal.SIGKILL)
    try:
        group.ranks[0].process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise LaunchError(f"rank 0 outlived rank {number} by {seconds:.0f} s") from None
    return round(time.monotonic() - begin, 2)


def stop(ranks: Sequence[Rank]) -> None:
    """End the process groups of all ranks: asked first, killed after some seconds."""
    for rank in ranks:
        _signal(rank, signal.SIGTERM)
    limit = time.monotonic() + TERM_SECONDS
    for rank in ranks:
        with contextlib.suppress(subprocess.TimeoutExpired):
            rank.process.wait(max(0.0, limit - time.monotonic()))
    # A leader that is gone may have left children behind.
    for rank in ranks:
        _signal(rank, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            rank.process.wait(KILL_SECONDS)


def _own_arguments(launch: Launch, rank: int, place: Place) -> list[str]:
    """What the plan leaves to whoever starts the engine."""
    group = ["--nnodes", str(launch.ranks), "--node-rank", str(rank)]
    group += ["--dist-init-addr", f"{ADDRESS}:{place.distributed_port}"]
    return [
        *("--model-path", str(place.models / launch.shape)),
        *("--host", ADDRESS, "--port", str(place.port + rank)),
        *(group if launch.ranks > 1 else []),
    ]


def _start(launch: Launch, rank: int, place: Place, gate: Path) -> Rank:
    log = place.logs / f"{launch.name}.{rank}.log"
    own = {"CUDA_VISIBLE_DEVICES": launch.gpus_of(rank, place.first_gpu), GATE: str(gate)}
    environment: Mapping[str, str] = {**os.environ, **OFFLINE, **launch.environment, **own}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*place.command, *_own_arguments(launch, rank, place), *launch.arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    return Rank(process, log)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=HEALTH_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _signal(rank: Rank, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(rank.process.pid, number)
