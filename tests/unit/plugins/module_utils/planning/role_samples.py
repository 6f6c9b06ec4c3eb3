"""Hosts, layouts and a chooser with literal figures, for the tests of disaggregation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    NodeGpu,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Considered,
    Cost,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Ports
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    THROUGHPUT,
    Constraints,
    Request,
)

PORTS = Ports(30000, 20000)
GIGABIT = 125_000_000.0


def rail(
    device: str = "mlx5_0",
    *,
    up: bool = True,
    layer: str = "InfiniBand",
    gid: int = -1,
    gigabits: float = 200,
) -> Rail:
    return Rail(device, 1, layer, gigabits * GIGABIT, "ib0", gid, up, 0)


def node(
    name: str,
    *,
    gpus: int = 8,
    rails: tuple[Rail, ...] = (rail(),),
    rack: str = "",
    model: str = "H100",
    declared: bool = True,
    peer_memory: str = "",
) -> Node:
    return Node(
        name=name,
        rack=rack,
        leaf_switch="",
        gpus=tuple(NodeGpu(index, model, 81559, 0) for index in range(gpus)),
        rails=rails,
        interface="eth0",
        address="10.0.0.1",
        tcp_rate=0.0,
        disk_rate=0.0,
        memory_gib=1024,
        cores=64,
        nvlink=True,
        multicast=False,
        peer_memory=peer_memory,
        declared=declared,
    )


def candidate(
    *,
    tensor: int = 8,
    pipeline: int = 1,
    attention: int = 1,
    groups: int = 1,
    weights: str = "fp8",
    speculative: bool = False,
) -> Candidate:
    return Candidate(
        weight_format=weights,
        tensor_parallel=tensor,
        pipeline_parallel=pipeline,
        attention_data_parallel=attention,
        expert_parallel=1,
        groups=groups,
        gpus_per_host=min(8, tensor * pipeline),
        speculative=speculative,
    )


def considered(
    layout: Candidate,
    *,
    prefill: float = 1.0,
    decode: float = 0.01,
    concurrency: int = 8,
    tokens: int = 100_000,
) -> Considered:
    memory = Memory(80, 40, 20, 1, 1, 20, 70, tokens, 0.75)
    cost = Cost((), decode, prefill, concurrency, 100.0, 60.0)
    return Considered(layout, memory, cost)


@dataclass(frozen=True)
class Chosen:
    ranked: tuple[Considered, ...]
    nodes: tuple[Node, ...]


Answers = Callable[[Request], tuple[Considered, ...]]


class Chooser:
    """Answers with literal layouts and keeps the questions."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Chosen:
        self.asked.append(request)
        ranked = self.answers(request)
        if not ranked:
            gpus = sum(len(host.gpus) for host in request.nodes)
            raise InputError("the layout", [f"{gpus} GPUs are too few", "zzz"])
        return Chosen(ranked, request.nodes)


def request(
    *nodes: Node, objective: str = THROUGHPUT, constraints: Constraints | None = None
) -> Request:
    # 1,000 tokens a request: 200 of them are the answer.
    return Request(
        inventory="site",
        model=find_model("deepseek-r1"),
        nodes=nodes,
        objective=objective,
        constraints=constraints
        or Constraints(serving_mode="disaggregated", typical_tokens=1000, concurrency=8),
        engine_part="sglang-cuda",
        engine_version="0.0.0",
    )
