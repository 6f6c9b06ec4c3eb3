"""Run launches one after another and write a record of each, whatever becomes of the others."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import engine, engine_log
from .launch import Launch
from .measure import Client

# What a start needs at least, and what stopping it takes at most.
SHORTEST_START = 45
STOPPING = 20
KILL_SECONDS = 60
# A GPU whose processes are gone; a context alone takes some hundred.
FREE_MIB = 100
FREE_SECONDS = 20
# What an engine that does not start, dies or answers otherwise raises here.
FAILURES = (engine.LaunchError, OSError, ValueError, KeyError, http.client.HTTPException)


@dataclass(frozen=True)
class Place:
    """Where launches run: directories of models, logs and records, and the engine's command.

    `used_mib` asks how much GPU memory is in use.
    """

    models: Path
    logs: Path
    records: Path
    command: Sequence[str]
    used_mib: Callable[[], int]
    port: int = engine.PORT


class Clock:
    """What is left of the time for all launches together, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()


def drive(
    launches: Sequence[Launch], place: Place, machine: dict[str, Any], seconds: float
) -> list[dict[str, Any]]:
    """The records, which are written below `place.records` as they are made.

    A launch that fails has `failure` in its record; one for which no time was left has only that.
    """
    clock = Clock(seconds)
    made = []
    for launch in launches:
        record: dict[str, Any] = {"name": launch.name, **launch.about, **machine}
        record["arguments"] = list(launch.arguments)
        record["environment"] = dict(launch.environment)
        if clock.left() < SHORTEST_START + STOPPING:
            record["failure"] = f"not started: {clock.left():.0f} s were left"
        else:
            _run(launch, place, clock, record)
        made.append(record)
        text = json.dumps(record, indent=2)
        (place.records / f"{launch.name}.json").write_text(text + "\n")
        print(f"{launch.name}: {summary(record)}; {clock.left():.0f} s left", flush=True)
        _wait_until_free(place)
    return made


def memory_figures(info: dict[str, Any]) -> dict[str, Any]:
    """Memory as the engine reports it in /server_info: GiB, tokens, and what it was set to."""
    state = info["internal_states"][0]
    used = state["memory_usage"]
    return {
        "mem_fraction_static": info["mem_fraction_static"],
        "chunked_prefill_size": info["chunked_prefill_size"],
        "decode_graph_requests": info["cuda_graph_config"]["decode"]["max_bs"],
        "weights_gib": used["weight"],
        "kv_cache_gib": used["kvcache"],
        "kv_tokens": info["max_total_num_tokens"],
        "graphs_gib": round(sum(used["graph"].values()), 3),
        "available_after_start_gib": used["startup_available"],
        "max_running_requests": state["effective_max_running_requests_per_dp"],
    }


def summary(record: dict[str, Any]) -> str:
    """One line of a record for a person."""
    if "failure" in record and "weights_gib" not in record:
        return str(record["failure"])
    rates = [
        f"{item['output_tokens_per_second']:.0f} tok/s at {item['streams']}"
        for item in record.get("measured", [])
    ]
    memory = f"weights {record['weights_gib']} GiB, {record['kv_tokens']} KV tokens"
    failed = [record["failure"]] if "failure" in record else []
    return ", ".join([f"ready after {record['ready_seconds']} s", memory, *rates, *failed])


def _run(launch: Launch, place: Place, clock: Clock, record: dict[str, Any]) -> None:
    group = None
    try:
        with engine.started(launch, place.models, place.logs, place.command, place.port) as group:
            _observe(launch, group, clock, record)
    except FAILURES as error:
        record["failure"] = f"{type(error).__name__}: {error}"
    if group:
        log = group.log_text()
        record.update(engine_log.figures(log))
        record["log"] = engine_log.kept_lines(log)
        if "failure" in record:
            ranks = range(len(group.ranks))
            record["tails"] = [engine_log.tail(group.log_text(rank)) for rank in ranks]


def _observe(launch: Launch, group: engine.Group, clock: Clock, record: dict[str, Any]) -> None:
    seconds = min(launch.ready_seconds, clock.left() - STOPPING)
    record["ready_seconds"] = engine.wait_until_healthy(group, seconds)
    record.update(memory_figures(engine.server_info(group)))
    client = Client(group.url, launch.load)
    record["measured"] = []
    for streams in launch.load.streams:
        if clock.left() < STOPPING:
            raise engine.LaunchError(f"no time left for {streams} streams")
        record["measured"].append(client.at(streams))
    record["first_token_seconds"] = client.first_token_seconds()
    if launch.kill_rank is not None:
        seconds = min(KILL_SECONDS, clock.left())
        record["gone_after_kill_seconds"] = engine.kill(group, launch.kill_rank, seconds)


def _wait_until_free(place: Place) -> None:
    limit = time.monotonic() + FREE_SECONDS
    while place.used_mib() > FREE_MIB and time.monotonic() < limit:
        time.sleep(engine.POLL_SECONDS)
