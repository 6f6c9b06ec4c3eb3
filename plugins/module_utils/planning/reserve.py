# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine leaves free of a GPU's memory, by its own rule.

Source of each number that has no other: _handle_gpu_memory_settings, reserve_for_graph_mb and
_generate_prefill_cuda_graph_batch_sizes in sglang/srt/server_args.py of the catalogue's SGLang.
Sizes are MiB, as in that file.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    PREFILL,
    Constraints,
)

GIB = 1024
# From this tensor parallel size on the engine captures larger decode batches.
LARGE_TENSOR_PARALLEL = 4

BASE_MIB = 512
MIB_PER_ACTIVATION_TOKEN = 1.5
FEWEST_ACTIVATION_TOKENS = 2048
# For each GPU of the group.
MIB_PER_GPU = GIB / 8

FLOOR_MIB = 10 * GIB
FLOOR_ABOVE_MIB = 60 * GIB
MIB_PER_GRAPH_REQUEST = 2
# DP attention pads its batches; above 300 requests a graph the engine adds half of it again.
MIB_PER_ATTENTION_GROUP_REQUEST = 3
LARGE_GRAPH_REQUESTS = 300
LARGE_GRAPH_FACTOR = 1.5

MIB_PER_PREFILL_GRAPH = 8
# _handle_eagle_family in sglang/srt/arg_groups/speculative_hook.py: requests that run at once.
SPECULATIVE_REQUESTS = 48
# _auto_choose_speculative_params there, for the DeepSeek architectures: draft steps, and tokens
# that a request verifies in one step.
SPECULATIVE_STEPS = 3
SPECULATIVE_TOKENS = 4


@dataclass(frozen=True)
class Step:
    """Defaults of the GPUs with less than C(below_mib) of memory.

    C(prefill) is tokens of a prefill chunk, C(decode) and C(decode_large) requests of the largest
    decode graph, the latter from a tensor parallel size of 4 on.
    """

    below_mib: float
    prefill: int
    decode: int
    decode_large: int


STEPS = (
    Step(20 * GIB, prefill=2048, decode=8, decode_large=8),
    Step(35 * GIB, prefill=2048, decode=24, decode_large=80),
    Step(60 * GIB, prefill=4096, decode=32, decode_large=160),
    Step(90 * GIB, prefill=8192, decode=256, decode_large=512),
    Step(160 * GIB, prefill=8192, decode=256, decode_large=512),
    Step(float("inf"), prefill=16384, decode=512, decode_large=512),
)


@dataclass(frozen=True)
class Reserve:
    """The reserve in MiB and its parts.

    C(activations) holds the base and the communication slack too. C(total) is at least the sum.
    """

    activations: float
    graphs: float
    total: float


def chunked_prefill_tokens(gpu_mib: int) -> int:
    """The default of --chunked-prefill-size. DP attention divides it by its size afterwards."""
    return _step(gpu_mib).prefill


def decode_graph_requests(gpu_mib: int, candidate: Candidate, constraints: Constraints) -> int:
    """Requests of the largest decode graph of one attention group, --cuda-graph-max-bs-decode.

    It is the engine's default for the whole group of GPUs: attention groups share it, because the
    engine captures this number for each of them and would keep most of the memory back for it. It
    is raised to the concurrency that was asked for and never above the default, and with
    speculative decoding it is no more than the requests that run at once.
    """
    step = _step(gpu_mib)
    large = candidate.tensor_parallel >= LARGE_TENSOR_PARALLEL
    default = step.decode_large if large else step.decode
    groups = candidate.attention_data_parallel
    wanted = max(default // groups, -(-constraints.concurrency // groups), 1)
    if candidate.speculative:
        wanted = min(wanted, -(-speculative_requests(constraints) // groups))
    return min(default, wanted)


def speculative_requests(constraints: Constraints) -> int:
    """Requests of the group that run at once with speculative decoding."""
    return max(SPECULATIVE_REQUESTS, constraints.concurrency)


def prefill_graph_sizes(chunk: int) -> tuple[int, ...]:
    """Token counts for which the engine captures a prefill graph, up to a chunk."""
    sizes = (
        *range(4, 33, 4),
        *range(48, 257, 16),
        *range(288, 513, 32),
        *range(576, 1025, 64),
        *range(1280, 4097, 256),
        *range(4608, chunk + 1, 512),
    )
    return tuple(size for size in sizes if size <= chunk)


def reserve(
    gpu_mib: int, model: ModelSpec, candidate: Candidate, constraints: Constraints
) -> Reserve:
    """The engine's reserve on a GPU of C(gpu_mib).

    C(constraints.serving_mode) is V(prefill) or V(decode) for one side of a disaggregated plan.
    """
    activations = (
        BASE_MIB
        + MIB_PER_ACTIVATION_TOKEN * _activation_tokens(gpu_mib, candidate, constraints)
        + MIB_PER_GPU * candidate.gpus
    )
    graphs = _decode_graphs(gpu_mib, candidate, constraints) + _prefill_graphs(
        gpu_mib, model, constraints
    )
    floor = FLOOR_MIB if gpu_mib > FLOOR_ABOVE_MIB else 0
    return Reserve(activations, graphs, max(activations + graphs, floor))


def static_fraction(
    gpu_mib: int, model: ModelSpec, candidate: Candidate, constraints: Constraints
) -> float:
    """The engine's --mem-fraction-static: the part of the memory for weights and KV cache.

    C(constraints.memory_fraction) overrides the rule where it is not 0. The result is below 0 on a
    GPU that is smaller than the reserve.
    """
    if constraints.memory_fraction:
        return constraints.memory_fraction
    kept = reserve(gpu_mib, model, candidate, constraints).total
    return round((gpu_mib - kept) / gpu_mib, 3)


def _step(gpu_mib: int) -> Step:
    return next(step for step in STEPS if gpu_mib < step.below_mib)


def _activation_tokens(gpu_mib: int, candidate: Candidate, constraints: Constraints) -> int:
    tokens = chunked_prefill_tokens(gpu_mib)
    if constraints.serving_mode == DECODE:
        tokens = decode_graph_requests(gpu_mib, candidate, constraints)
        if candidate.speculative:
            tokens = speculative_requests(constraints) * SPECULATIVE_TOKENS
    return max(tokens, FEWEST_ACTIVATION_TOKENS)


def _decode_graphs(gpu_mib: int, candidate: Candidate, constraints: Constraints) -> float:
    if constraints.serving_mode == PREFILL:
        return 0
    requests = decode_graph_requests(gpu_mib, candidate, constraints)
    graphs: float = requests * MIB_PER_GRAPH_REQUEST
    groups = candidate.attention_data_parallel
    if groups > 1:
        padding = requests * groups * MIB_PER_ATTENTION_GROUP_REQUEST
        graphs += padding * (LARGE_GRAPH_FACTOR if requests > LARGE_GRAPH_REQUESTS else 1)
    return graphs


def _prefill_graphs(gpu_mib: int, model: ModelSpec, constraints: Constraints) -> float:
    # The engine captures no prefill graph for multi-head latent attention
    # (_disable_breakable_cudagraph_if_incompatible).
    if constraints.serving_mode == DECODE or isinstance(model.attention, MultiHeadLatent):
        return 0
    return len(prefill_graph_sizes(chunked_prefill_tokens(gpu_mib))) * MIB_PER_PREFILL_GRAPH
