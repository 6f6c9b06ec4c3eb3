# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a layout is refused, each reason with its number."""

from __future__ import annotations

from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.formats import format_fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.memory import PAGE_TOKENS
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    GIGABIT,
    SLOWEST_FABRIC,
    Pool,
    groups_that_fit,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.shape_rules import (
    shape_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.units import GIB


def layout_name(candidate: Candidate) -> str:
    """A layout in one line: weight format and sizes."""
    return f"{candidate.weight_format}, {sizes_name(candidate)}"


def sizes_name(candidate: Candidate) -> str:
    """The sizes of the parallel dimensions in one line."""
    sizes = [f"tensor {candidate.tensor_parallel}", f"pipeline {candidate.pipeline_parallel}"]
    if candidate.attention_data_parallel > 1:
        sizes.append(f"attention data {candidate.attention_data_parallel}")
    if candidate.expert_parallel > 1:
        sizes.append(f"expert {candidate.expert_parallel}")
    if candidate.speculative:
        sizes.append("speculative head")
    return " x ".join(sizes)


def unusable_format(pool: Pool, weight_format: WeightFormat) -> Optional[Fault]:
    """Why the pool's GPUs, or CPUs, cannot run a weight format."""
    if not pool.on_cpu:
        return format_fault(pool.gpu, weight_format)
    if pool.gpu.flops(weight_format.compute):
        return None
    return Fault(
        code="format_not_for_gpu",
        where=f"{pool.gpu.name}: weight format {weight_format.name}",
        found="no GPU",
        needed="a format that the engine computes on CPUs: bfloat16",
        fix="choose bfloat16, or hosts with GPUs",
    )


def first_fault(
    model: ModelSpec, weight_format: WeightFormat, pool: Pool, candidate: Candidate
) -> Optional[Fault]:
    """The first reason against a layout that needs no look at memory."""
    faults = shape_faults(model, weight_format, candidate)
    return faults[0] if faults else hosts_fault(pool, candidate)


def hosts_fault(pool: Pool, candidate: Candidate) -> Optional[Fault]:
    """Too few hosts for the groups, or hosts enough whose network is too slow."""
    hosts, share = candidate.hosts, candidate.gpus_per_host
    if groups_that_fit(pool.hosts_for(hosts), share, hosts) >= candidate.groups:
        return None
    if groups_that_fit(pool.sizes, share, hosts) >= candidate.groups:
        return _fabric_fault(pool, candidate)
    needed = hosts * candidate.groups
    found = sum(size // share * count for size, count in pool.sizes)
    slots = min(found, sum(count for _size, count in pool.sizes)) if hosts > 1 else found
    return Fault(
        code="hosts_missing",
        where=sizes_name(candidate),
        found=f"{slots} hosts with {share} free GPUs of {pool.gpu.name}",
        needed=f"{needed}: {candidate.groups} groups of {hosts} hosts with {share} GPUs each",
        fix=f"add {max(1, needed - slots)} hosts of {share} GPUs, or ask for fewer GPUs or groups",
    )


def tokens_needed(candidate: Candidate, constraints: Constraints) -> int:
    """KV tokens that one attention group has to hold: the longest request, or all typical ones."""
    requests = -(-constraints.concurrency // candidate.groups)
    each = -(-requests // candidate.attention_data_parallel)
    return max(constraints.context, each * constraints.typical_tokens)


def tokens_held(candidate: Candidate, memory: Memory) -> int:
    """KV tokens that one attention group holds."""
    return memory.tokens // candidate.attention_data_parallel


def bytes_short(candidate: Candidate, memory: Memory, constraints: Constraints) -> int:
    """Bytes that are missing on the fullest GPU for what the constraints ask, 0 if it fits."""
    needed = tokens_needed(candidate, constraints)
    if tokens_held(candidate, memory) >= needed:
        return 0
    pages = -(-needed // PAGE_TOKENS) * PAGE_TOKENS
    return pages * memory.token_bytes - memory.key_value


def memory_fault(candidate: Candidate, memory: Memory, constraints: Constraints, fix: str) -> Fault:
    """The KV cache, or already the weights, do not fit."""
    held, needed = tokens_held(candidate, memory), tokens_needed(candidate, constraints)
    short = bytes_short(candidate, memory, constraints) / GIB
    if held > 0 and constraints.context > held:
        return Fault(
            code="context_short",
            where=layout_name(candidate),
            found=f"{held} KV tokens, {short:.2f} GiB too few on each GPU",
            needed=f"{constraints.context} tokens for the longest request",
            fix=fix,
        )
    weights, kept = memory.weights / GIB, (memory.reserve + memory.runtime) / GIB
    return Fault(
        code="memory_short",
        where=layout_name(candidate),
        found=f"{memory.total / GIB:.2f} GiB a GPU, {short:.2f} GiB too little",
        needed=f"{weights:.2f} GiB of weights, {kept:.2f} GiB that the engine keeps free and "
        f"{needed * memory.token_bytes / GIB:.2f} GiB for {needed} KV tokens",
        fix=fix,
    )


def workspace_fault(
    candidate: Candidate, memory: Memory, constraints: Constraints
) -> Optional[Fault]:
    """The buffers of attention for decode leave no room for a request, or for all that were asked.

    Decode without graphs would need the same buffers for each request.
    """
    if not memory.workspace or not memory.tokens:
        return None
    if memory.graph_requests:
        return _running_fault(candidate, memory, constraints)
    return Fault(
        code="workspace_short",
        where=layout_name(candidate),
        found=f"{memory.reserve / GIB:.2f} GiB that the engine keeps free of each GPU",
        needed=f"room for {memory.workspace / GIB:.2f} GiB of attention buffers a request beside"
        " its prefill, with or without decode graphs",
        fix="lower memory_fraction or context, or set another attention_backend",
    )


def crossing_fault(pool: Pool, candidate: Candidate, better: Candidate) -> Fault:
    """Tensor parallelism leaves the host although another layout keeps it inside."""
    return Fault(
        code="tensor_parallel_leaves_host",
        where=layout_name(candidate),
        found=f"exchanges of each layer over {pool.fabric_rate / GIGABIT:g} Gb/s a host",
        needed=f"tensor parallel inside a host, {pool.link_rate / GIGABIT:g} Gb/s a GPU, where it "
        f"fits: {layout_name(better)} does",
        fix=f"set tensor_parallel to {candidate.tensor_parallel} to have it all the same",
    )


def idle_fault(pool: Pool, candidate: Candidate, better: Candidate) -> Fault:
    """GPUs stay idle although as many groups could use them."""
    used = candidate.gpus * candidate.groups
    return Fault(
        code="gpus_left_idle",
        where=layout_name(candidate),
        found=f"{used} of {pool.gpus} GPUs used by {candidate.groups} groups",
        needed=f"more stages in as many groups, which hold more KV tokens: {layout_name(better)} "
        "is the best that has them",
        fix=f"set pipeline_parallel to {candidate.pipeline_parallel} to have it all the same",
    )


def format_not_needed(candidate: Candidate, weight_format: str) -> Fault:
    """Another weight format would do, but one that is preferred fits."""
    return Fault(
        code="weight_format_not_needed",
        where=f"weight format {weight_format}",
        found=f"{candidate.weight_format} fits: {layout_name(candidate)}",
        needed="the official format first, then the one with most bits that the GPU runs",
        fix=f"set weight_format to {weight_format} to have it all the same",
    )


def _running_fault(
    candidate: Candidate, memory: Memory, constraints: Constraints
) -> Optional[Fault]:
    asked, limit = -(-constraints.concurrency // candidate.groups), memory.running_requests
    if not limit or asked <= limit:
        return None
    return Fault(
        code="running_requests_short",
        where=layout_name(candidate),
        found=f"attention buffers for {limit} requests of a group at once",
        needed=f"{asked}: concurrency {constraints.concurrency} in {candidate.groups} groups",
        fix=f"lower concurrency to {limit * candidate.groups}, or set another attention_backend",
    )


def _fabric_fault(pool: Pool, candidate: Candidate) -> Fault:
    slow = len(pool.nodes) - len(pool.connected_nodes)
    return Fault(
        code="fabric_too_slow",
        where=sizes_name(candidate),
        found=f"{slow} of {len(pool.nodes)} hosts below it, the slowest with "
        f"{pool.slowest_rate / GIGABIT:g} Gb/s",
        needed=f"{SLOWEST_FABRIC / GIGABIT:g} Gb/s between {candidate.hosts} hosts",
        fix="bring up the RDMA ports of the slow hosts, or declare their rate",
    )
