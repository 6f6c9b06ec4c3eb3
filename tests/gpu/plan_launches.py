"""Write the launches that the planner chooses for a GPU machine, and settings by hand beside them.

`python -m tests.gpu.plan_launches .carry/launches` writes a file for each shape: the plan's own
argument list and environment first, then lists that differ from it in one setting.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import conftest  # noqa: F401  the checkout under its collection name

# isort: split
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import choose
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import GPUS
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    NodeGpu,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import memory_of
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_format
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import (
    Question,
    make_plan,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    THROUGHPUT,
    Constraints,
    Request,
)

from lab.bundle.catalogue import load
from tests.gpu.shapes import SHAPES, Shape

GIB = 1024**3
ENGINE_PART = "sglang-cuda"
# What the machine cannot do: it has no weights, no kernels of FA3 and FlashInfer's sampling
# (tests/gpu/pack.py leaves them behind), and no DeepGEMM.
BACKEND = "triton"
LIMITS = (
    *("--load-format", "dummy"),
    *("--sampling-backend", "pytorch"),
)
OVERRIDES = (("SGLANG_ENABLE_JIT_DEEPGEMM", "0"),)
FRACTION = "--mem-fraction-static"
CHUNK = "--chunked-prefill-size"
GRAPHS = "--cuda-graph-max-bs-decode"
RUNNING = "--max-running-requests"
# The machine has no interface but lo. Two nodes are two GPUs of one host there, and NCCL joins them
# over NVLink, whatever the rate between hosts is declared to be.
INTERFACE, ADDRESS = "lo", "127.0.0.1"
CORES, MEMORY_GIB = 16, 128
READY_SECONDS = 280
LOAD = {"prompt_tokens": 512, "answer_tokens": 128, "streams": [1, 8, 32], "rounds": 3}
SHAPES_BY_HOSTS = {1: ("v2-lite", "r1-slice-7"), 2: ("v2-lite", "r1-slice-9")}


@dataclass(frozen=True)
class ByHand:
    """A setting that a person chose: `option` with `value` (empty: a flag) instead of the plan's,
    or the options `without`, which the engine then chooses."""

    name: str
    option: str = ""
    value: str = ""
    without: tuple[str, ...] = ()


GRID = (
    ByHand("graphs-32", GRAPHS, "32"),
    ByHand("chunk-2048", CHUNK, "2048"),
    ByHand("engine-defaults", without=("--context-length", FRACTION, CHUNK, GRAPHS, RUNNING)),
    ByHand("fraction-0.88", FRACTION, "0.88"),
    ByHand("no-graphs", "--disable-cuda-graph"),
)


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="tests.gpu.plan_launches", description=__doc__)
    parser.add_argument("target", type=Path, help="directory of the files")
    parser.add_argument("--hosts", type=int, choices=sorted(SHAPES_BY_HOSTS), default=1)
    parser.add_argument("--gpu", choices=sorted(GPUS), default="h100-sxm-80gb")
    parser.add_argument("--streams", type=int, nargs="+", default=LOAD["streams"])
    arguments = parser.parse_args()
    arguments.target.mkdir(parents=True, exist_ok=True)
    for name in SHAPES_BY_HOSTS[arguments.hosts]:
        request = request_for(SHAPES[name], arguments.hosts, arguments.gpu)
        found = list(launches(SHAPES[name], request, arguments.streams))
        file = arguments.target / f"{name}.json"
        file.write_text(json.dumps(found, indent=2) + "\n")
        print(f"{file}: {', '.join(item['name'] for item in found)}")
    return 0


def request_for(shape: Shape, hosts: int, gpu: str) -> Request:
    """The question for `hosts` declared nodes of one GPU each; with two, a group over both."""
    constraints = Constraints(
        weight_format=shape.weight_format,
        tensor_parallel=hosts if hosts > 1 else 0,
        attention_backend=BACKEND,
    )
    return Request(
        inventory="gpu-test",
        model=shape.model,
        nodes=tuple(_node(f"node{number}", gpu) for number in range(1, hosts + 1)),
        objective=THROUGHPUT,
        constraints=constraints,
        engine_part=ENGINE_PART,
        engine_version=str(load().part(ENGINE_PART)["version"]),
        overrides=OVERRIDES,
        extra_arguments=LIMITS,
    )


def launches(shape: Shape, request: Request, streams: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The plan's launch and those of GRID, as tests/gpu/machine/launch.py reads them.

    Raises InputError when the planner has no plan for the request.
    """
    plan = make_plan(Question(request))
    best = choose(request).best
    planned = tuple(plan["arguments"])
    common = {
        "shape": shape.name,
        "ranks": len(plan["groups"][0]["ranks"]),
        "gpus_per_rank": len(plan["groups"][0]["ranks"][0]["gpus"]),
        "environment": plan["environment"],
        "ready_seconds": READY_SECONDS,
        "load": {**LOAD, "streams": list(streams), "vocabulary": shape.model.vocabulary},
        "kill_rank": None,
    }
    for by_hand in (None, *GRID):
        arguments = changed(planned, by_hand) if by_hand else planned
        memory = _memory(request, best.candidate, best.memory, arguments)
        yield {
            "name": f"{shape.name}-{by_hand.name if by_hand else 'plan'}",
            **common,
            "arguments": list(arguments),
            "about": {
                "chosen_by": "hand" if by_hand else "plan",
                "model": shape.of,
                "layers": shape.layers,
                "format": shape.weight_format,
                "gpus": best.candidate.gpus,
                "mem_fraction_static_set": FRACTION in arguments,
                "predicted": predicted(memory),
            },
        }


def changed(planned: Sequence[str], by_hand: ByHand) -> tuple[str, ...]:
    """The plan's arguments with a person's setting in the place of its own."""
    kept = list(planned)
    for option in (*by_hand.without, by_hand.option):
        if option in kept:
            place = kept.index(option)
            del kept[place : place + 2]
    return (*kept, *(item for item in (by_hand.option, by_hand.value) if item))


def predicted(memory: Memory) -> dict[str, float]:
    """What the planner says of a launch, under the names of a record."""
    return {
        "mem_fraction_static": memory.static_fraction,
        "weights_gib": round(memory.weights / GIB, 3),
        "kv_cache_gib": round(memory.key_value / GIB, 3),
        "kv_tokens": memory.tokens,
    }


def _memory(
    request: Request, candidate: Candidate, planned: Memory, arguments: Sequence[str]
) -> Memory:
    """The plan's memory, or that of another fraction."""
    if FRACTION not in arguments:
        return planned
    fraction = float(arguments[arguments.index(FRACTION) + 1])
    return memory_of(
        request.model,
        find_format(request.model, candidate.weight_format),
        request.nodes[0].gpus[0].memory_mib,
        candidate,
        Constraints(memory_fraction=fraction),
    )


def _node(name: str, gpu: str) -> Node:
    return Node(
        name=name,
        rack="",
        leaf_switch="",
        gpus=(NodeGpu(index=0, model=gpu, memory_mib=GPUS[gpu].memory_mib, numa_node=0),),
        rails=(),
        interface=INTERFACE,
        address=ADDRESS,
        tcp_rate=GPUS[gpu].nvlink_bandwidth,
        disk_rate=0,
        memory_gib=MEMORY_GIB,
        cores=CORES,
        nvlink=False,
        multicast=False,
        peer_memory="",
        declared=True,
    )


if __name__ == "__main__":
    sys.exit(main())
