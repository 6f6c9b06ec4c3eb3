# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Buffers of the triton attention backend for decode, and how many requests they leave room for.

The backend splits each request's keys and values, and keeps every head's partial result in float32.
It allocates them once for the largest decode graph (init_cuda_graph_state) and again for each batch
that is larger than that and runs without a graph (init_forward_metadata), both in
sglang/srt/layers/attention/triton_backend.py of the catalogue's SGLang. The engine's own reserve
does not count them. With multi-head latent attention they are large: of 128 heads 64 MiB a request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.arguments import (
    context_tokens,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.attention_backend import (
    TRITON,
    attention_backend,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.reserve import (
    SPECULATIVE_STEPS,
    SPECULATIVE_TOKENS,
)

FLOAT32_BYTES, INT32_BYTES, INT64_BYTES = 4, 4, 8
# --triton-attention-num-kv-splits, and the fewest keys of a split (_MLA_DECODE_MIN_BLOCK_KV).
BASE_SPLITS = 8
FEWEST_KEYS_OF_A_SPLIT = 32
# Rows of the buffers for each request with speculative decoding: those that are verified, those of
# the draft's extension, and one for each draft step but the last (TritonMultiStepDraftBackend),
# whose indices have a row for the last one too.
SPECULATIVE_ROWS = 2 * SPECULATIVE_TOKENS + SPECULATIVE_STEPS - 1
SPECULATIVE_INDEX_ROWS = SPECULATIVE_ROWS + 1
# The part of the memory left after the pool that the buffers of the decode graphs may take, and as
# much again those of a batch without a graph; prefill and communication need the rest. On an H100
# 2 GiB of 10.46 GiB (0.19) started and served, 2.33 of 10.59 GiB (0.22) too, and 16 of 10.46 GiB
# did not start: tests/gpu/recorded/2026-11-24-h100x1.
LARGEST_PART = 0.25
# Requests that the engine lets run at once by its own rule, and the tokens that its table of
# requests has beyond the context (resolve_max_num_reqs and get_req_to_token_extra_context_len in
# sglang/srt/mem_cache/kv_cache_configurator.py).
FEWEST_RUNNING, MOST_RUNNING = 2048, 4096
RUNNING_PER_CONTEXT = 512
EXTRA_CONTEXT = 4
SPECULATIVE_EXTRA_CONTEXT = EXTRA_CONTEXT + SPECULATIVE_TOKENS


@dataclass(frozen=True)
class RequestBuffers:
    """Bytes on one GPU for each request of a batch: C(partial) results, and C(indices) of its keys,
    for the longest request. The latter are there for the decode graphs alone."""

    partial: int
    indices: int

    @property
    def in_graphs(self) -> int:
        """Bytes for each request of the largest decode graph."""
        return self.partial + self.indices


def request_buffers(
    model: ModelSpec, candidate: Candidate, context: int, gpu: GpuSpec
) -> RequestBuffers:
    """The buffers of one request where the engine's context is C(context) tokens."""
    attention = model.attention
    heads = attention.heads * candidate.attention_data_parallel // candidate.tensor_parallel
    latent = isinstance(attention, MultiHeadLatent)
    splits = latent_splits(gpu.multiprocessors, context) if latent else BASE_SPLITS
    width = (
        attention.key_value_rank if isinstance(attention, MultiHeadLatent) else attention.head_dim
    )
    rows, index_rows = (
        (SPECULATIVE_ROWS, SPECULATIVE_INDEX_ROWS) if candidate.speculative else (1, 1)
    )
    # Beside the width of a partial result its logarithm of the sum.
    partial = rows * heads * splits * (width + 1) * FLOAT32_BYTES
    return RequestBuffers(partial, index_rows * context * INT64_BYTES)


def latent_splits(multiprocessors: int, context: int) -> int:
    """Splits of one request with multi-head latent attention (_mla_decode_kv_splits_cap)."""
    if multiprocessors <= 0:
        return BASE_SPLITS
    longest = -(-context // FEWEST_KEYS_OF_A_SPLIT)
    return max(BASE_SPLITS, min(_power_of_2(multiprocessors), _power_of_2(longest)))


def workspace_bytes(
    model: ModelSpec, candidate: Candidate, context: int, requests: int, gpu: GpuSpec
) -> int:
    """Bytes on one GPU for decode graphs of up to C(requests) requests."""
    return requests * request_buffers(model, candidate, context, gpu).in_graphs


def with_decode_workspace(
    memory: Memory, model: ModelSpec, gpu: GpuSpec, candidate: Candidate, constraints: Constraints
) -> Memory:
    """The memory with the backend's buffers, its decode graphs and running requests lowered to what
    they leave room for.

    C(graph_requests) of the result is 0, with C(workspace) of one request, where not even that has
    room: without decode graphs each request would need the same buffers.
    """
    if not memory.graph_requests or attention_backend(gpu, model, constraints) != TRITON:
        return memory
    context = context_tokens(model, candidate, memory, constraints.context)
    buffers = request_buffers(model, candidate, context, gpu)
    room = int(LARGEST_PART * max(0, left_after_pool(memory, candidate, context)))
    requests = largest_graph(min(memory.graph_requests, room // buffers.in_graphs))
    # The stages of a pipeline work on parts of the requests that run (pp_max_micro_batch_size).
    running = room // buffers.partial * candidate.pipeline_parallel
    lowers = running < MOST_RUNNING
    return replace(
        memory,
        workspace=max(1, requests) * buffers.in_graphs,
        graph_requests=requests,
        running_requests=running * candidate.attention_data_parallel if lowers else 0,
    )


def largest_graph(requests: int) -> int:
    """The largest batch of at most C(requests) in the steps that the engine captures, 0 for none.

    Steps of _generate_decode_cuda_graph_batch_sizes in sglang/srt/server_args.py.
    """
    sizes: list[int] = [0, 1, 2, 4, 8, 12]
    sizes += [*range(16, 257, 8), *range(272, 512, 16), *range(512, 1025, 32)]
    return max(size for size in sizes if size <= requests)


def left_after_pool(memory: Memory, candidate: Candidate, context: int, running: int = 0) -> int:
    """Bytes of the reserve beside the table of each running request's tokens.

    C(running) is what --max-running-requests says for one attention group, 0 without it: then the
    engine's own rule makes the table, which is the larger one.
    """
    tokens = memory.tokens // candidate.attention_data_parallel
    if not running:
        running = int(tokens / max(1, context) * RUNNING_PER_CONTEXT)
        running = min(max(min(running, MOST_RUNNING), FEWEST_RUNNING), tokens // 2)
    extra = SPECULATIVE_EXTRA_CONTEXT if candidate.speculative else EXTRA_CONTEXT
    return memory.reserve - (running + 1) * (context + extra) * INT32_BYTES


def _power_of_2(number: int) -> int:
    power = 1
    while power < number:
        power *= 2
    return power
