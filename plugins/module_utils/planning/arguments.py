# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine arguments of a layout, by the engine's release.

What the memory figures rest on is written out, so that the engine does not choose it again:
fraction, prefill chunk, decode graphs and context.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.engine_flags import (
    release_of,
    rendered,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.loader import (
    Loader,
    Setting,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_format
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    Constraints,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.reserve import (
    SPECULATIVE_STEPS,
    SPECULATIVE_TOKENS,
    chunked_prefill_tokens,
    speculative_requests,
)

MIB = 1024**2
# A checkpoint's built-in draft layers run under this name (speculative_hook.py).
DRAFT_ALGORITHM = "EAGLE"
DRAFT_BRANCHES = 1
# The engine without a GPU: what runs there without Intel AMX. Overlap scheduling needs CUDA
# streams, the start's own request takes longer than the readiness probe's, and idle ranks would
# spin on the CPUs that others need.
CPU_ATTENTION_BACKEND = "torch_native"
CPU_SETTINGS = (
    ("sampling_backend", "pytorch"),
    ("no_overlap", ""),
    ("no_warmup", ""),
    ("sleep_on_idle", ""),
)


def engine_arguments(request: Request, candidate: Candidate, memory: Memory) -> tuple[str, ...]:
    """Full option names, each value an item of its own; none that the manifests write.

    C(request.constraints.serving_mode) is V(prefill) or V(decode) for one side of a disaggregated
    plan. Raises InputError when the planner does not know the engine's version.
    """
    release = release_of(request.engine_version)
    on_gpus = any(node.gpus for node in request.nodes)
    settings = _gpu_settings if on_gpus else _cpu_settings
    items = [
        item
        for name, value in (*_sizes(candidate), *settings(request, candidate, memory))
        for item in rendered(name, value, release)
    ]
    return (*items, *find_format(request.model, candidate.weight_format).arguments)


def loader_arguments(loader: Loader, engine_version: str) -> tuple[str, ...]:
    """The options by which the engine reads the weights; errors as with C(engine_arguments)."""
    release = release_of(engine_version)
    return tuple(item for name, value in loader.settings for item in rendered(name, value, release))


def context_tokens(model: ModelSpec, candidate: Candidate, memory: Memory, asked: int) -> int:
    """Tokens of the longest request: what was asked, or what model and KV cache allow.

    A request lives in one attention group, whose part of the tokens it cannot exceed.
    """
    if asked:
        return asked
    return min(model.context, memory.tokens // candidate.attention_data_parallel)


def running_requests(candidate: Candidate, memory: Memory, constraints: Constraints) -> int:
    """Requests of the group that run at once, 0 where the engine's own rule says how many."""
    limits = [memory.running_requests]
    if candidate.speculative:
        limits.append(speculative_requests(constraints))
    return min(filter(None, limits), default=0)


def _sizes(candidate: Candidate) -> Iterator[Setting]:
    yield "tensor_parallel", candidate.tensor_parallel
    yield "pipeline_parallel", candidate.pipeline_parallel
    if candidate.attention_data_parallel > 1:
        yield "attention_data_parallel", candidate.attention_data_parallel
    if candidate.expert_parallel > 1:
        yield "expert_parallel", candidate.expert_parallel


def _gpu_settings(request: Request, candidate: Candidate, memory: Memory) -> Iterator[Setting]:
    constraints, gpu_mib = request.constraints, memory.total // MIB
    yield "context", context_tokens(request.model, candidate, memory, constraints.context)
    yield "memory_fraction", memory.static_fraction
    yield "prefill_chunk", chunked_prefill_tokens(gpu_mib)
    if memory.graph_requests:
        yield "decode_graph_requests", memory.graph_requests
    if constraints.attention_backend:
        yield "attention_backend", constraints.attention_backend
    if constraints.key_value_format:
        yield "key_value_format", constraints.key_value_format
    running = running_requests(candidate, memory, constraints)
    if running:
        yield "running_requests", running
    if candidate.speculative:
        yield "draft_algorithm", DRAFT_ALGORITHM
        yield "draft_steps", SPECULATIVE_STEPS
        yield "draft_branches", DRAFT_BRANCHES
        yield "draft_tokens", SPECULATIVE_TOKENS
    yield "metrics", ""


def _cpu_settings(request: Request, candidate: Candidate, memory: Memory) -> Iterator[Setting]:
    asked = request.constraints.context
    yield "device", "cpu"
    yield "context", context_tokens(request.model, candidate, memory, asked)
    yield "memory_fraction", memory.static_fraction
    yield "total_tokens", memory.tokens
    backend = request.constraints.attention_backend
    yield "attention_backend", backend or CPU_ATTENTION_BACKEND
    yield from CPU_SETTINGS
    yield "metrics", ""
