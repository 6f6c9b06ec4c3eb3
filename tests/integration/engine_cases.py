"""Argument lists of plans as the kubelet gives them to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    launch_arguments,
)

from tests.integration.engine_checkpoints import checkpoint_config
from tests.plans import group_specs, lab_plan, made_plan
from tools.planned_sites import SITES

LAB = "lab"
H200, A100, B200 = "examples/1x8-h200", "examples/4x8-a100-80", "examples/2x8-b200"
# What the inventories do not ask for: the site and its further constraints.
FURTHER: Mapping[str, tuple[str, dict[str, Any]]] = {
    "disaggregated": (A100, {"serving_mode": "disaggregated"}),
    "speculative": (H200, {"speculative": True}),
    "attention-data": (H200, {"attention_data_parallel": 8}),
    "experts": ("examples/2x8-h100", {"expert_parallel": 8}),
    "experts-and-attention-data": (
        H200,
        {"expert_parallel": 8, "attention_data_parallel": 8, "speculative": True},
    ),
    "attention-backend": (A100, {"attention_backend": "triton"}),
    "prefetched": (H200, {"weight_loader": "prefetch"}),
    "one-file-at-a-time": (H200, {"weight_loader": "sequential"}),
    "fp8-cache": (H200, {"key_value_format": "fp8_e4m3"}),
    "int8-channel": (A100, {"weight_format": "int8-channel"}),
    "awq": (A100, {"weight_format": "awq"}),
    "w4afp8": (H200, {"weight_format": "w4afp8"}),
    "nvfp4": (B200, {"weight_format": "nvfp4"}),
}
PLANS = (LAB, *SITES, *FURTHER)


@dataclass(frozen=True)
class Case:
    """The argument list of a rank, and config.json of the plan's model."""

    arguments: tuple[str, ...]
    config: Mapping[str, Any]


def cases_of(name: str) -> list[Case]:
    """The lists of a plan of PLANS that differ: each group's first and last rank."""
    document = _document(name)
    model = document["model"]
    config = checkpoint_config(model["name"], model["format"])
    on_gpus = any(rank["gpus"] for group in document["groups"] for rank in group["ranks"])
    device = ("--device", "cuda") if on_gpus else ()
    lists = (
        (*(_expanded(word, rank) for word in launch_arguments(spec)), *device)
        for spec in group_specs(document, "serving")
        for rank in (0, spec.size - 1)
    )
    return [Case(arguments, config) for arguments in dict.fromkeys(lists)]


def _document(name: str) -> dict[str, Any]:
    if name == LAB:
        return lab_plan()
    site, constraints = FURTHER.get(name, (name, {}))
    return made_plan(site, **constraints)


def _expanded(word: str, rank: int) -> str:
    """An argument with the variables that the kubelet puts in."""
    word = word.replace("$(LWS_WORKER_INDEX)", str(rank))
    return word.replace("$(LWS_LEADER_ADDRESS)", "leader").replace("$$", "$")
