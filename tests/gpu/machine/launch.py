"""The launches that a plan asks for, as tests/gpu/plan_launches.py writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Load:
    """The requests of a measurement: prompt and answer in tokens, each number of `streams` that
    run at once, and how many times each is measured."""

    prompt_tokens: int
    answer_tokens: int
    streams: tuple[int, ...]
    rounds: int
    vocabulary: int


@dataclass(frozen=True)
class Launch:
    """One start of the engine.

    `arguments` and `environment` are the plan's, verbatim. `ranks` engine processes of
    `gpus_per_rank` GPUs each make the group. `ready_seconds` is how long the start may take. Rank
    `kill_rank` is killed after the measurements, where it is not None. `about` goes into the record
    as it is.
    """

    name: str
    shape: str
    ranks: int
    gpus_per_rank: int
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    ready_seconds: float
    load: Load
    kill_rank: int | None
    about: Mapping[str, Any]

    def gpus_of(self, rank: int, first_gpu: int = 0) -> str:
        """The rank's GPUs as CUDA_VISIBLE_DEVICES takes them, counted from `first_gpu`."""
        first = first_gpu + rank * self.gpus_per_rank
        return ",".join(str(gpu) for gpu in range(first, first + self.gpus_per_rank))


def read_launches(file: Path) -> tuple[Launch, ...]:
    """The launches of a file, in its order. Raises ValueError when two share a name."""
    launches = tuple(_launch(item) for item in json.loads(file.read_text()))
    names = [launch.name for launch in launches]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{file}: launches named twice: {', '.join(twice)}")
    return launches


def _launch(item: Mapping[str, Any]) -> Launch:
    load = item["load"]
    return Launch(
        name=item["name"],
        shape=item["shape"],
        ranks=item["ranks"],
        gpus_per_rank=item["gpus_per_rank"],
        arguments=tuple(item["arguments"]),
        environment=item["environment"],
        ready_seconds=item["ready_seconds"],
        load=Load(**{**load, "streams": tuple(load["streams"])}),
        kill_rank=item["kill_rank"],
        about=item["about"],
    )
