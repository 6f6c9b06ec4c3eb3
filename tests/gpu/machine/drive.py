"""Run launches one after another and write a record of each, whatever becomes of the others.

The next launch imports its packages while one is measured; its memory it takes afterwards.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from . import engine, engine_log
from .engine import Place
from .launch import Launch
from .measure import Client

# What a start needs at least, and what stopping it takes at most.
SHORTEST_START = 45
STOPPING = 20
KILL_SECONDS = 60
# A GPU whose engine is gone; each of the next launch's processes has a context of some hundred.
FREE_MIB = 2500
FREE_SECONDS = 20
# Two launches have processes at once.
PORT_STEP = 100
# What an engine that does not start, dies or answers otherwise raises here.
FAILURES = (engine.LaunchError, OSError, ValueError, KeyError, http.client.HTTPException)


class Clock:
    """What is left of the time for all launches together, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()


@dataclass(frozen=True)
class _Imported:
    """A group that waits to be opened; its processes are gone when `ended` is closed."""

    group: engine.Group
    ended: contextlib.ExitStack


class Runner:
    """Runs launches at one place, in turn, on one clock."""

    def __init__(self, place: Place, machine: dict[str, Any], seconds: float) -> None:
        self._place = place
        self._machine = machine
        self._clock = Clock(seconds)
        self._turn = 0
        self._next: _Imported | None = None

    def run(self, launches: Sequence[Launch]) -> list[dict[str, Any]]:
        """The records, which are written below `place.records` as they are made.

        A launch that fails has `failure` in its record; one for which no time was left has only
        that.
        """
        with contextlib.ExitStack() as ended:
            ended.callback(self._forget)
            pairs = zip_longest(launches, launches[1:])
            return [self._one(launch, after) for launch, after in pairs]

    def _one(self, launch: Launch, after: Launch | None) -> dict[str, Any]:
        record: dict[str, Any] = {"name": launch.name, **launch.about, **self._machine}
        record["arguments"] = list(launch.arguments)
        record["environment"] = dict(launch.environment)
        if self._clock.left() < SHORTEST_START + STOPPING:
            record["failure"] = f"not started: {self._clock.left():.0f} s were left"
        else:
            self._measure(launch, after, record)
        text = json.dumps(record, indent=2)
        (self._place.records / f"{launch.name}.json").write_text(text + "\n")
        print(f"{launch.name}: {summary(record)}; {self._clock.left():.0f} s left", flush=True)
        _wait_until_free(self._place)
        return record

    def _measure(self, launch: Launch, after: Launch | None, record: dict[str, Any]) -> None:
        record["imported_before"] = self._next is not None
        imported = self._next or self._import(launch)
        self._next = None
        killed = 0.0
        with imported.ended:
            try:
                self._observe(launch, imported.group, after, record)
                if launch.kill_rank is not None:
                    killed = self._kill(launch.kill_rank, imported.group, record)
            except FAILURES as error:
                record["failure"] = f"{type(error).__name__}: {error}"
        _add_log(record, imported.group)
        if killed:
            self._restart(launch, killed, record)

    def _observe(
        self, launch: Launch, group: engine.Group, after: Launch | None, record: dict[str, Any]
    ) -> None:
        group.open()
        seconds = min(launch.ready_seconds, self._clock.left() - STOPPING)
        record["ready_seconds"] = engine.wait_until_healthy(group, seconds)
        record.update(memory_figures(engine.server_info(group)))
        if after and launch.kill_rank is None:
            self._next = self._import(after)
        client = Client(group.url, launch.load)
        record["measured"] = []
        for streams in launch.load.streams:
            if self._clock.left() < STOPPING:
                raise engine.LaunchError(f"no time left for {streams} streams")
            record["measured"].append(client.at(streams))
        record["first_token_seconds"] = client.first_token_seconds()

    def _kill(self, rank: int, group: engine.Group, record: dict[str, Any]) -> float:
        """Kill a rank; when that was."""
        killed = time.monotonic()
        seconds = min(KILL_SECONDS, self._clock.left())
        record["gone_after_kill_seconds"] = engine.kill(group, rank, seconds)
        return killed

    def _restart(self, launch: Launch, killed: float, record: dict[str, Any]) -> None:
        """Start the ranks again as a group would be, until the first token."""
        imported = self._import(replace(launch, name=f"{launch.name}-again"))
        group = imported.group
        with imported.ended:
            try:
                group.open()
                seconds = min(launch.ready_seconds, self._clock.left() - STOPPING)
                record["ready_again_seconds"] = engine.wait_until_healthy(group, seconds)
                Client(group.url, launch.load).first_token_seconds(requests=1)
                record["token_after_kill_seconds"] = round(time.monotonic() - killed, 1)
            except FAILURES as error:
                record["failure"] = f"started again: {type(error).__name__}: {error}"

    def _import(self, launch: Launch) -> _Imported:
        """Start the processes of a launch on the other pair of ports; they wait to be opened."""
        self._turn += 1
        offset = PORT_STEP * (self._turn % 2)
        place = replace(
            self._place,
            port=self._place.port + offset,
            distributed_port=self._place.distributed_port + offset,
        )
        with contextlib.ExitStack() as ended:
            group = ended.enter_context(engine.started(launch, place))
            return _Imported(group, ended.pop_all())

    def _forget(self) -> None:
        if self._next:
            self._next.ended.close()


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


def _add_log(record: dict[str, Any], group: engine.Group) -> None:
    log = group.log_text()
    record.update(engine_log.figures(log))
    record["nccl_transports"] = engine_log.transports(log)
    record["log"] = engine_log.kept_lines(log)
    if "failure" in record:
        ranks = range(len(group.ranks))
        record["tails"] = [engine_log.tail(group.log_text(rank)) for rank in ranks]


def _wait_until_free(place: Place) -> None:
    limit = time.monotonic() + FREE_SECONDS
    while place.used_mib() > FREE_MIB and time.monotonic() < limit:
        time.sleep(engine.POLL_SECONDS)
