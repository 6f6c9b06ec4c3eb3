# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The memory of the fullest GPU of a group, and the KV tokens that the engine makes of it.

The engine measures what is free before it loads the weights and once more afterwards, and gives the
KV cache what is left above (1 - fraction) of the first figure (_profile_available_bytes in
sglang/srt/mem_cache/kv_cache_configurator.py of the catalogue's SGLang).
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    PREFILL,
    Constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.reserve import (
    decode_graph_requests,
    reserve,
    static_fraction,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    token_bytes,
    weights_bytes,
)

MIB = 1024**2
# What is taken on each GPU before the first weight is loaded, from the starts below
# tests/gpu/recorded. The driver keeps memory to itself: (MiB of the GPU, MiB that it keeps) of an
# H100 80GB HBM3 and an H200, memory_total_mib and memory_reserved_mib of the records.
DRIVER_POINTS = ((81559, 480), (143771, 616))
# The CUDA context of the engine's process: three starts on one H100 left room for 681 to 706 MiB,
# since (weights + KV cache) / fraction is what the engine found free.
CONTEXT_MIB = 700
# NCCL's buffers in a group of more than one GPU, from a start on two H100. Logs that others
# published show 600 to 2,000 MiB with 8 and 16 GPUs; at 2,000 the KV cache of a GPU is 1.2 GiB
# smaller than planned.
COMMUNICATORS_MIB = 820
# The largest default page of the attention kernels on the catalogue's GPUs, in tokens
# (trtllm_mla and trtllm_mha; the others have 1): the pool is a whole number of pages.
PAGE_TOKENS = 64


@dataclass(frozen=True)
class _Budget:
    """Bytes of one GPU before the weights are there: C(free), of which C(kept) stays unused."""

    total: int
    free: int
    kept: int


def memory_of(
    model: ModelSpec,
    weight_format: WeightFormat,
    gpu_mib: int,
    candidate: Candidate,
    constraints: Constraints,
) -> Memory:
    """The memory of the fullest GPU of a group whose GPUs report C(gpu_mib) MiB.

    C(key_value) below 0 says how many bytes are missing; C(tokens) is 0 then.
    """
    fraction = static_fraction(gpu_mib, model, candidate, constraints)
    budget = _budget(gpu_mib, candidate, fraction)
    weights = weights_bytes(model, weight_format, candidate)
    one_token = token_bytes(model, candidate, constraints.key_value_format)
    left = budget.free - budget.kept - weights
    pages = max(0, left) // (one_token * PAGE_TOKENS)
    tokens = pages * PAGE_TOKENS
    parts = reserve(gpu_mib, model, candidate, constraints)
    return Memory(
        total=budget.total,
        weights=weights,
        key_value=tokens * one_token if left > 0 else left,
        activations=int(parts.activations * MIB),
        graphs=int(parts.graphs * MIB),
        reserve=budget.kept,
        token_bytes=one_token,
        tokens=tokens * candidate.attention_data_parallel,
        static_fraction=fraction,
        runtime=budget.total - budget.free,
        graph_requests=_graph_requests(gpu_mib, candidate, constraints),
    )


def driver_mib(gpu_mib: int) -> int:
    """MiB that the driver keeps of a GPU of ``gpu_mib``: on the line through the measured ones.

    For a smaller GPU no figure says that it is less.
    """
    (least, kept), (most, kept_of_most) = DRIVER_POINTS
    more = (kept_of_most - kept) * (gpu_mib - least) / (most - least)
    return kept + round(max(more, 0))


def runtime_mib(gpu_mib: int, candidate: Candidate) -> int:
    """MiB that driver, CUDA context and communicators take before the weights."""
    alone = candidate.gpus == 1
    return driver_mib(gpu_mib) + CONTEXT_MIB + (0 if alone else COMMUNICATORS_MIB)


def _graph_requests(gpu_mib: int, candidate: Candidate, constraints: Constraints) -> int:
    if constraints.serving_mode == PREFILL:
        return 0
    return decode_graph_requests(gpu_mib, candidate, constraints)


def _budget(gpu_mib: int, candidate: Candidate, fraction: float) -> _Budget:
    total = gpu_mib * MIB
    free = total - runtime_mib(gpu_mib, candidate) * MIB
    return _Budget(total, free, round(free * (1 - fraction)))
