"""A question to the planner with two small hosts, for tests of what a person sees."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    NodeGpu,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    GroupedQuery,
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    LATENCY,
    Constraints,
    Request,
)

BFLOAT16 = WeightFormat(
    name="bfloat16",
    compute="bfloat16",
    expert_bytes=2.0,
    linear_bytes=2.0,
    attention_bytes=2.0,
    other_bytes=2.0,
    block=1,
    checkpoint_bytes=269_060_552,
    arguments=(),
    repository="example/small",
    source="made for tests",
)
MODEL = ModelSpec(
    name="small",
    architecture="LlamaForCausalLM",
    parameters=134_515_008,
    active_parameters=134_515_008,
    layers=30,
    hidden=576,
    intermediate=1536,
    vocabulary=49152,
    context=8192,
    attention=GroupedQuery(heads=9, key_value_heads=3, head_dim=64),
    experts=(),
    draft_layers=0,
    tied=True,
    licence="Apache-2.0",
    formats=(BFLOAT16,),
    source="made for tests",
)
RAIL = Rail("mlx5_0", 1, "InfiniBand", 50e9, "ib0", -1, True, 0)


def node(name: str = "gpu-01", **values: Any) -> Node:
    """A host with two H100, with some values replaced."""
    gpus = tuple(NodeGpu(index, "NVIDIA H100 80GB HBM3", 81559, index) for index in range(2))
    base = Node(
        name=name,
        rack="a",
        leaf_switch="leaf-a",
        gpus=gpus,
        rails=(RAIL,),
        interface="eth0",
        address="10.20.0.21",
        tcp_rate=12.5e9,
        disk_rate=6e9,
        memory_gib=1024,
        cores=96,
        nvlink=True,
        multicast=False,
        peer_memory="dmabuf",
        declared=True,
    )
    return dataclasses.replace(base, **values)


def host(name: str, **values: Any) -> Node:
    """A host without GPUs and RDMA."""
    plain = {"gpus": (), "rails": (), "nvlink": False, "peer_memory": "", "rack": ""}
    return node(name, **{**plain, "leaf_switch": "", **values})


def request(*nodes: Node, **values: Any) -> Request:
    """A question about the small model on C(nodes), two GPU hosts where none are given."""
    base = Request(
        inventory="test",
        model=MODEL,
        nodes=nodes or (node("gpu-01"), node("gpu-02", rack="b", leaf_switch="leaf-b")),
        objective=LATENCY,
        constraints=Constraints(),
        engine_part="sglang-cuda",
        engine_version="0.5",
    )
    return dataclasses.replace(base, **values)
