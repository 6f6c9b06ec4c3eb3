"""Small models, layouts and hosts with literal figures, for traffic, placement and environment."""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    NodeGpu,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    GroupedQuery,
    ModelSpec,
)

GIGABIT = 1e9 / 8


def model(layers: int = 4, hidden: int = 8, vocabulary: int = 32) -> ModelSpec:
    """A model whose sizes are easy to multiply in the head."""
    return ModelSpec(
        name="small",
        architecture="LlamaForCausalLM",
        parameters=1,
        active_parameters=1,
        layers=layers,
        hidden=hidden,
        intermediate=4 * hidden,
        vocabulary=vocabulary,
        context=4096,
        attention=GroupedQuery(8, 8, 16),
        experts=(),
        draft_layers=0,
        tied=False,
        licence="mit",
        formats=(),
        source="made up",
    )


R1_SIZES = model(layers=61, hidden=7168, vocabulary=129280)


def layout(
    tensor: int, pipeline: int = 1, *, per_host: int, groups: int = 1, attention: int = 1
) -> Candidate:
    return Candidate(
        weight_format="bfloat16",
        tensor_parallel=tensor,
        pipeline_parallel=pipeline,
        attention_data_parallel=attention,
        expert_parallel=1,
        groups=groups,
        gpus_per_host=per_host,
        speculative=False,
    )


def rail(device: str = "mlx5_0", **values: Any) -> Rail:
    """A 400 Gb/s InfiniBand port that is up, one PCIe switch away from its GPU."""
    given = {
        "port": 1,
        "link_layer": "InfiniBand",
        "rate": 400 * GIGABIT,
        "netdev": "",
        "gid_index": -1,
        "up": True,
        "numa_node": 0,
        "distance": "PIX",
    }
    return Rail(device=device, **{**given, **values})


def roce(device: str = "mlx5_0", **values: Any) -> Rail:
    """The same over Ethernet, with its RoCE v2 GID at index 3."""
    return rail(device, **{"link_layer": "Ethernet", "gid_index": 3, "netdev": "ens1", **values})


def node(name: str, rack: str = "", *, gpus: int = 4, **values: Any) -> Node:
    given: dict[str, Any] = {
        "leaf_switch": "",
        "rails": (),
        "interface": "eth0",
        "address": "",
        "tcp_rate": 100 * GIGABIT,
        "disk_rate": 0.0,
        "memory_gib": 1024,
        "cores": 128,
        "nvlink": True,
        "multicast": False,
        "peer_memory": "dmabuf",
        "declared": False,
    }
    cards = tuple(
        NodeGpu(index, "NVIDIA A100-SXM4-80GB", 81920, 2 * index // gpus) for index in range(gpus)
    )
    return Node(name=name, rack=rack, gpus=cards, **{**given, **values})


def in_racks(racks: str, *, gpus: int = 4) -> list[Node]:
    """One host for each letter, in the rack of that letter: "aab" is node0, node1 and node2."""
    return [node(f"node{at}", rack, gpus=gpus) for at, rack in enumerate(racks)]
