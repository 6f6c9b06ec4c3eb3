# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which sizes of the parallel dimensions a model's shape allows, as the engine checks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    GroupedQuery,
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weight_tensors import (
    ATTENTION,
    EXPERT,
    LINEAR,
    dense_layers,
    padded_vocabulary,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    attention_group,
    bytes_a_weight,
)

# Architectures whose attention layers use the attention group (attn_tp_size); the other
# models of the catalogue split attention over the whole tensor group whatever --dp-size says.
DP_ATTENTION = (
    "DeepseekV2ForCausalLM",
    "DeepseekV3ForCausalLM",
    "Qwen3ForCausalLM",
    "Qwen3MoeForCausalLM",
)

# Architectures whose tied head is the first stage's embedding (llama.py), which the last
# stage does not have.
TIED_ON_FIRST_STAGE = ("LlamaForCausalLM",)


def shape_faults(
    model: ModelSpec, weight_format: WeightFormat, candidate: Candidate
) -> list[Fault]:
    """All rules of the model's shape that the layout breaks, in reading order; none: it fits.

    Sizes that cannot divide at all (below 1, not divisors of each other) are reported alone.
    """
    sizes = list(_size_faults(candidate))
    if sizes:
        return list(ordered(sizes))
    faults = [fault for rule in _RULES for fault in rule(model, weight_format, candidate)]
    return list(ordered(faults))


def _size_faults(candidate: Candidate) -> Iterator[Fault]:
    sizes = (
        ("tensor_parallel", candidate.tensor_parallel),
        ("pipeline_parallel", candidate.pipeline_parallel),
        ("attention_data_parallel", candidate.attention_data_parallel),
        ("expert_parallel", candidate.expert_parallel),
        ("groups", candidate.groups),
        ("gpus_per_host", candidate.gpus_per_host),
    )
    below = [(name, size) for name, size in sizes if size < 1]
    for name, size in below:
        yield Fault(
            code="size_below_one",
            where=name,
            found=str(size),
            needed="1 or more",
            fix=f"set {name} to 1 or more",
        )
    if below:
        return
    for name, size in (sizes[2], sizes[3]):
        if candidate.tensor_parallel % size:
            yield _divisor_fault(name, size, candidate.tensor_parallel, "tensor_parallel")


def _divisor_fault(name: str, size: int, whole: int, whole_name: str) -> Fault:
    return Fault(
        code="size_does_not_divide",
        where=name,
        found=str(size),
        needed=f"a divisor of {whole_name} {whole}",
        fix=f"set {name} to {_largest_divisor(whole, size)}",
    )


def _largest_divisor(whole: int, limit: int) -> int:
    return next(size for size in range(min(whole, limit), 0, -1) if whole % size == 0)


def _head_faults(model: ModelSpec, _format: WeightFormat, candidate: Candidate) -> Iterator[Fault]:
    group = attention_group(candidate)
    heads = model.attention.heads
    if heads % group:
        yield Fault(
            code="heads_do_not_divide",
            where=model.name,
            found=f"{heads} heads over {group} GPUs of one attention group",
            needed="a group size that divides the heads",
            fix=f"use an attention group of {_largest_divisor(heads, group)} GPUs",
        )


def _key_value_head_faults(
    model: ModelSpec, _format: WeightFormat, candidate: Candidate
) -> Iterator[Fault]:
    group = attention_group(candidate)
    attention = model.attention
    if not isinstance(attention, GroupedQuery):
        return
    heads = attention.key_value_heads
    if max(group, heads) % min(group, heads):
        yield Fault(
            code="key_value_heads_do_not_divide",
            where=model.name,
            found=f"{heads} key-value heads over {group} GPUs of one attention group",
            needed="a group size that divides the key-value heads or is a multiple of them",
            fix=f"use an attention group of {_largest_divisor(heads, group)} GPUs",
        )


def _expert_faults(
    model: ModelSpec, _format: WeightFormat, candidate: Candidate
) -> Iterator[Fault]:
    size = candidate.expert_parallel
    if not model.experts:
        if size > 1:
            yield Fault(
                code="model_has_no_experts",
                where=model.name,
                found=f"expert_parallel {size}",
                needed="expert_parallel 1",
                fix="set expert_parallel to 1",
            )
        return
    for experts in model.experts:
        if experts.routed % size:
            yield _divisor_fault("expert_parallel", size, experts.routed, "the routed experts")
        if candidate.tensor_parallel > experts.routed:
            yield Fault(
                code="more_gpus_than_experts",
                where=model.name,
                found=f"tensor_parallel {candidate.tensor_parallel}",
                needed=f"at most the {experts.routed} routed experts",
                fix=f"set tensor_parallel to {experts.routed} or less",
            )


def _width_faults(
    model: ModelSpec, weight_format: WeightFormat, candidate: Candidate
) -> Iterator[Fault]:
    for width in (*_attention_widths(model, candidate), *_widths(model, candidate)):
        block = weight_format.block if _is_quantised(weight_format, width.kind) else 1
        if width.elements % (width.gpus * block):
            yield Fault(
                code="width_does_not_divide",
                where=f"{model.name}, {weight_format.name}",
                found=f"{width.name} {width.elements} over {width.gpus} GPUs",
                needed=f"equal parts that are multiples of {block}",
                fix=f"share {width.name} among "
                f"{_largest_part_count(width.elements, width.gpus, block)} GPUs",
            )


@dataclass(frozen=True)
class _Width:
    """The dimension of a matrix along which C(gpus) GPUs share it."""

    name: str
    kind: str
    elements: int
    gpus: int


def _attention_widths(model: ModelSpec, candidate: Candidate) -> Iterator[_Width]:
    attention, group = model.attention, attention_group(candidate)
    if isinstance(attention, GroupedQuery):
        heads = attention.heads * attention.head_dim
        yield _Width("the query heads' width", ATTENTION, heads, group)
        return
    query = attention.heads * (attention.nope_head_dim + attention.rope_head_dim)
    output = attention.heads * attention.value_head_dim
    yield _Width("the query heads' width", ATTENTION, query, group)
    yield _Width("the value heads' width", ATTENTION, output, group)


def _widths(model: ModelSpec, candidate: Candidate) -> Iterator[_Width]:
    tensor = candidate.tensor_parallel
    if dense_layers(model):
        yield _Width("the dense layers' width", LINEAR, model.intermediate, tensor)
    for experts in model.experts:
        routed = tensor // candidate.expert_parallel
        yield _Width("one expert's width", EXPERT, experts.intermediate, routed)
        if experts.shared:
            shared = experts.shared * experts.intermediate
            yield _Width("the shared experts' width", LINEAR, shared, tensor)


def _is_quantised(weight_format: WeightFormat, kind: str) -> bool:
    return bytes_a_weight(weight_format)[kind] < weight_format.other_bytes


def _largest_part_count(width: int, limit: int, block: int) -> int:
    counts = range(min(width, limit), 1, -1)
    return next((size for size in counts if width % (size * block) == 0), 1)


def _vocabulary_faults(
    model: ModelSpec, _format: WeightFormat, candidate: Candidate
) -> Iterator[Fault]:
    rows = padded_vocabulary(model)
    if rows % candidate.tensor_parallel:
        yield _divisor_fault(
            "tensor_parallel", candidate.tensor_parallel, rows, "the padded vocabulary"
        )


def _stage_faults(model: ModelSpec, _format: WeightFormat, candidate: Candidate) -> Iterator[Fault]:
    if candidate.pipeline_parallel > model.layers:
        yield Fault(
            code="more_stages_than_layers",
            where=model.name,
            found=f"pipeline_parallel {candidate.pipeline_parallel}",
            needed=f"at most the {model.layers} layers",
            fix=f"set pipeline_parallel to {model.layers} or less",
        )


def _tied_head_faults(
    model: ModelSpec, _format: WeightFormat, candidate: Candidate
) -> Iterator[Fault]:
    if model.tied and candidate.pipeline_parallel > 1 and model.architecture in TIED_ON_FIRST_STAGE:
        yield Fault(
            code="tied_head_with_stages",
            where=model.name,
            found=f"pipeline_parallel {candidate.pipeline_parallel} with a tied embedding and head",
            needed="pipeline_parallel 1: the last stage of the engine has no head to tie",
            fix="set pipeline_parallel to 1, or use a checkpoint with a head of its own",
        )


def _draft_faults(
    model: ModelSpec, weight_format: WeightFormat, candidate: Candidate
) -> Iterator[Fault]:
    if not candidate.speculative:
        return
    if not (model.draft_layers and weight_format.draft):
        yield Fault(
            code="no_draft_head",
            where=f"{model.name}, {weight_format.name}",
            found="no draft layers in the checkpoint",
            needed="a built-in draft head",
            fix="set speculative to false",
        )
    if candidate.pipeline_parallel > 1:
        # server_args.py, check_server_args.
        yield Fault(
            code="draft_head_with_stages",
            where=model.name,
            found=f"pipeline_parallel {candidate.pipeline_parallel} with speculative decoding",
            needed="pipeline_parallel 1",
            fix="set pipeline_parallel to 1, or speculative to false",
        )


def _dp_attention_faults(
    model: ModelSpec, _format: WeightFormat, candidate: Candidate
) -> Iterator[Fault]:
    size = candidate.attention_data_parallel
    if size > 1 and model.architecture not in DP_ATTENTION:
        yield Fault(
            code="no_dp_attention",
            where=model.name,
            found=f"attention_data_parallel {size}",
            needed=f"1: {model.architecture} of the engine has no DP attention",
            fix="set attention_data_parallel to 1",
        )


_Rule = Callable[[ModelSpec, WeightFormat, Candidate], Iterator[Fault]]
_RULES: tuple[_Rule, ...] = (
    _head_faults,
    _key_value_head_faults,
    _expert_faults,
    _width_faults,
    _vocabulary_faults,
    _stage_faults,
    _tied_head_faults,
    _draft_faults,
    _dp_attention_faults,
)
