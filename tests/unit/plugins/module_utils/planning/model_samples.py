"""Layouts for the tests of models and weights."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate


def candidate(
    tensor: int = 1,
    stages: int = 1,
    *,
    attention: int = 1,
    experts: int = 1,
    speculative: bool = False,
    weight_format: str = "fp8",
) -> Candidate:
    """One group of tensor x stages GPUs on hosts of eight."""
    return Candidate(
        weight_format=weight_format,
        tensor_parallel=tensor,
        pipeline_parallel=stages,
        attention_data_parallel=attention,
        expert_parallel=experts,
        groups=1,
        gpus_per_host=8,
        speculative=speculative,
    )
