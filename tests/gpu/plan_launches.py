"""Write the launches that the planner chooses for a GPU machine, and settings by hand beside them.

`python -m tests.gpu.plan_launches .carry/launches` writes a file for each shape: the plan's own
argument list and environment first, then lists that differ from it in one setting.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    LATENCY,
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
# NCCL's log says which transport it uses.
OVERRIDES = (("NCCL_DEBUG", "INFO"), ("SGLANG_ENABLE_JIT_DEEPGEMM", "0"))
FRACTION = "--mem-fraction-static"
CHUNK = "--chunked-prefill-size"
GRAPHS = "--cuda-graph-max-bs-decode"
RUNNING = "--max-running-requests"
# The machine has no interface but lo. Two nodes are two GPUs of one host there, which NVLink joins.
INTERFACE, ADDRESS, NVLINK_DOMAIN = "lo", "127.0.0.1", "machine"
CORES, MEMORY_GIB = 16, 128
READY_SECONDS = 280
LOAD = {"prompt_tokens": 512, "answer_tokens": 128, "rounds": 3}
STREAMS = {1: (1, 8, 32), 2: (1, 16, 64)}
SHAPES_BY_HOSTS = {1: ("v2-lite", "r1-slice-7"), 2: ("v2-lite", "r1-slice-9")}


@dataclass(frozen=True)
class ByHand:
    """A setting that a person chose: `option` with `value` (empty: a flag) instead of the plan's,
    the options `without`, which the engine then chooses, or sizes of a layout on so many `hosts`
    (0: the plan's), which the planner takes for given."""

    name: str
    option: str = ""
    value: str = ""
    without: tuple[str, ...] = ()
    layout: tuple[tuple[str, int], ...] = ()
    hosts: int = 0


PLAN = ByHand("plan")
DEFAULTS = ByHand("engine-defaults", without=("--context-length", FRACTION, CHUNK, GRAPHS, RUNNING))
ATTENTION = ByHand(
    "attention-data-2", layout=(("tensor_parallel", 2), ("attention_data_parallel", 2))
)
PIPELINE = ByHand("pipeline-2", layout=(("tensor_parallel", 1), ("pipeline_parallel", 2)))
ONE_HOST_GRID = (
    ByHand("graphs-32", GRAPHS, "32"),
    ByHand("chunk-2048", CHUNK, "2048"),
    DEFAULTS,
    ByHand("fraction-0.88", FRACTION, "0.88"),
    ByHand("no-graphs", "--disable-cuda-graph"),
)
GRIDS: Mapping[tuple[str, int], tuple[ByHand, ...]] = {
    ("v2-lite", 1): ONE_HOST_GRID,
    ("r1-slice-7", 1): ONE_HOST_GRID,
    ("v2-lite", 2): (
        ATTENTION,
        ByHand("chunk-2048", CHUNK, "2048"),
        PIPELINE,
        DEFAULTS,
        ByHand("graphs-32", GRAPHS, "32"),
        ByHand("fraction-0.70", FRACTION, "0.7"),
        ByHand("one-gpu", hosts=1),
    ),
    ("r1-slice-9", 2): (
        ATTENTION,
        ByHand("chunk-2048", CHUNK, "2048"),
        PIPELINE,
        DEFAULTS,
    ),
}


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="tests.gpu.plan_launches", description=__doc__)
    parser.add_argument("target", type=Path, help="directory of the files")
    parser.add_argument("--hosts", type=int, choices=sorted(SHAPES_BY_HOSTS), default=1)
    parser.add_argument("--gpu", choices=sorted(GPUS), default="h100-sxm-80gb")
    parser.add_argument("--streams", type=int, nargs="+", help="requests at once")
    arguments = parser.parse_args()
    arguments.target.mkdir(parents=True, exist_ok=True)
    for name in SHAPES_BY_HOSTS[arguments.hosts]:
        streams = arguments.streams or STREAMS[arguments.hosts]
        found = list(launches(SHAPES[name], arguments.hosts, arguments.gpu, streams))
        file = arguments.target / f"{name}-{arguments.hosts}.json"
        file.write_text(json.dumps(found, indent=2) + "\n")
        print(f"{file}: {', '.join(item['name'] for item in found)}")
    return 0


def request_for(
    shape: Shape, hosts: int, gpu: str, layout: Sequence[tuple[str, Any]] = (), asked: int = 0
) -> Request:
    """The question for `hosts` declared nodes of one GPU each, with the sizes of `layout` given.

    Two nodes are for one group that answers as many requests at once as are measured, as fast as
    it can; `asked` is the number of nodes that the plan is for, where a person takes fewer of them.
    """
    constraints = Constraints(weight_format=shape.weight_format, attention_backend=BACKEND)
    several = (asked or hosts) > 1
    if several:
        tokens = LOAD["prompt_tokens"] + LOAD["answer_tokens"]
        most = max(STREAMS[asked or hosts])
        constraints = replace(constraints, groups=1, concurrency=most, typical_tokens=tokens)
    return Request(
        inventory="gpu-test",
        model=shape.model,
        nodes=tuple(_node(f"node{number}", gpu) for number in range(1, hosts + 1)),
        objective=LATENCY if several else THROUGHPUT,
        constraints=replace(constraints, **dict[str, Any](layout)),
        engine_part=ENGINE_PART,
        engine_version=str(load().part(ENGINE_PART)["version"]),
        overrides=OVERRIDES,
        extra_arguments=LIMITS,
    )


def launches(
    shape: Shape, hosts: int, gpu: str, streams: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """The plan's launch and those of the shape's grid, as tests/gpu/machine/launch.py reads them.

    Raises InputError when the planner has no plan for one of them.
    """
    for by_hand in (PLAN, *GRIDS[shape.name, hosts]):
        request = request_for(shape, by_hand.hosts or hosts, gpu, by_hand.layout, asked=hosts)
        plan = make_plan(Question(request))
        best = choose(request).best
        arguments = changed(tuple(plan["arguments"]), by_hand)
        memory = _memory(request, best.candidate, best.memory, arguments)
        transports = plan["explanation"]["transports"]
        yield {
            "name": f"{shape.name}-{by_hand.name}" + (f"-{hosts}-nodes" if hosts > 1 else ""),
            "shape": shape.name,
            "ranks": len(plan["groups"][0]["ranks"]),
            "gpus_per_rank": len(plan["groups"][0]["ranks"][0]["gpus"]),
            "environment": plan["environment"],
            "ready_seconds": READY_SECONDS,
            "load": {**LOAD, "streams": list(streams), "vocabulary": shape.model.vocabulary},
            "kill_rank": None,
            "arguments": list(arguments),
            "about": {
                "chosen_by": "plan" if by_hand is PLAN else "hand",
                "model": shape.of,
                "layers": shape.layers,
                "format": shape.weight_format,
                "gpus": best.candidate.gpus,
                "mem_fraction_static_set": FRACTION in arguments,
                "predicted": {
                    **predicted(memory, best.candidate),
                    "nccl_transports": sorted({each["nccl"] for each in transports}),
                    "output_tokens_per_second": round(best.cost.tokens_per_second, 1),
                },
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


def predicted(memory: Memory, candidate: Candidate) -> dict[str, float]:
    """What the planner says of a launch's memory, under the names of a record; the engine counts
    the tokens of each attention group."""
    return {
        "mem_fraction_static": memory.static_fraction,
        "weights_gib": round(memory.weights / GIB, 3),
        "kv_cache_gib": round(memory.key_value / GIB, 3),
        "kv_tokens": memory.tokens // candidate.attention_data_parallel,
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
        tcp_rate=0.0,
        disk_rate=0,
        memory_gib=MEMORY_GIB,
        cores=CORES,
        nvlink=False,
        multicast=False,
        peer_memory="",
        declared=True,
        nvlink_domain=NVLINK_DOMAIN,
    )


if __name__ == "__main__":
    sys.exit(main())
