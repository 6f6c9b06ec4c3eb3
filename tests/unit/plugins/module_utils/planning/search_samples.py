"""Hosts and requests for the tests of the search."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    INFINIBAND,
    Node,
    NodeGpu,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    LATENCY,
    Constraints,
    Request,
)

GIGABIT = 1e9 / 8


def make_node(
    name: str,
    gpus: Sequence[str],
    *,
    memory_mib: int = 0,
    gigabits: Sequence[float] = (400.0, 400.0, 400.0, 400.0),
    nvlink: bool = True,
    nvlink_domain: str = "",
) -> Node:
    """A host with the given GPUs and InfiniBand ports; memory as the catalogue says where 0."""
    return Node(
        name=name,
        rack="r1",
        leaf_switch="leaf-r1",
        gpus=tuple(
            NodeGpu(index, model, memory_mib or find_gpu(model).memory_mib, 0)
            for index, model in enumerate(gpus)
        ),
        rails=tuple(
            Rail(f"mlx5_{port}", 1, INFINIBAND, rate * GIGABIT, "", -1, up=True, numa_node=0)
            for port, rate in enumerate(gigabits)
        ),
        interface="eth0",
        address="10.0.0.1",
        tcp_rate=1 * GIGABIT,
        disk_rate=6e9,
        memory_gib=64,
        cores=64,
        nvlink=nvlink,
        multicast=False,
        peer_memory="dmabuf",
        declared=True,
        nvlink_domain=nvlink_domain,
    )


def make_nodes(hosts: int, gpus: int, model: str, **values: object) -> tuple[Node, ...]:
    """So many equal hosts with so many GPUs of one model."""
    return tuple(
        make_node(f"gpu-{number:04}", [model] * gpus, **values)  # type: ignore[arg-type]
        for number in range(hosts)
    )


def make_request(
    nodes: Sequence[Node],
    *,
    model: str | ModelSpec = "deepseek-r1",
    objective: str = LATENCY,
    constraints: Constraints | None = None,
) -> Request:
    """A question to the planner."""
    return Request(
        inventory="test",
        model=find_model(model) if isinstance(model, str) else model,
        nodes=tuple(nodes),
        objective=objective,
        constraints=constraints or Constraints(),
        engine_part="sglang-cuda",
        engine_version="any",
    )
