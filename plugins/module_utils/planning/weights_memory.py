# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes of weights and of a KV token on the fullest GPU of a group, as the engine puts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weight_tensors import (
    ABSORBED,
    ATTENTION,
    ATTENTION_GROUP,
    EXPERT,
    FLOAT32,
    KEY_VALUE_HEADS,
    LINEAR,
    OTHER,
    REPLICATED,
    TENSOR_GROUP,
    Tensor,
    dense_layer_tensors,
    dense_layers,
    draft_tensors,
    embedding_tensors,
    expert_layer_tensors,
    head_tensors,
    norm_tensors,
)

# These models build their head on every pipeline stage, not only on the last one: llama.py and
# qwen3_moe.py have no PPMissingLayer there.
HEAD_ON_EVERY_STAGE = ("LlamaForCausalLM", "Qwen3MoeForCausalLM")
KINDS = (EXPERT, LINEAR, ATTENTION, OTHER, FLOAT32, ABSORBED)
# post_load_weights of deepseek_weight_loader.py: w_kc and w_vc are bfloat16 copies of kv_b_proj.
ABSORBED_BYTES = 2.0
FLOAT32_BYTES = 4.0
# Bytes of one element of the KV cache by --kv-cache-dtype; an empty name is the engine's "auto",
# which keeps the model's bfloat16.
KEY_VALUE_BYTES = {"": 2, "auto": 2, "bfloat16": 2, "bf16": 2, "fp8_e4m3": 1, "fp8_e5m2": 1}


def weights_bytes(model: ModelSpec, weight_format: WeightFormat, candidate: Candidate) -> int:
    """Bytes of weights on the fullest GPU of one group, scales and engine copies included.

    All tensor-parallel ranks of a stage hold the same, so only the stages are compared.
    """
    return max(stages_bytes(model, weight_format, candidate))


def stages_bytes(
    model: ModelSpec, weight_format: WeightFormat, candidate: Candidate
) -> tuple[int, ...]:
    """Bytes of weights on each GPU, one value a pipeline stage, the first stage first."""
    sizes = _sizes(model, weight_format, candidate)
    stages = range(candidate.pipeline_parallel)
    return tuple(round(_stage_bytes(model, candidate, sizes, stage)) for stage in stages)


def checkpoint_bytes(model: ModelSpec, weight_format: WeightFormat) -> int:
    """Bytes of all tensors of a checkpoint, with each draft layer's own embedding and head."""
    drafts = model.draft_layers if weight_format.draft else 0
    whole = _stored_bytes(_model_tensors(model), bytes_a_weight(weight_format))
    if drafts:
        copies = (*embedding_tensors(model), *head_tensors(model)) * drafts
        tensors = (*draft_tensors(model), *copies)
        whole += _stored_bytes(tensors, draft_bytes_a_weight(weight_format))
    return round(whole)


def parameter_count(model: ModelSpec) -> int:
    """Weights of the model without its draft layers, as a model card counts them."""
    return round(_stored_bytes(_model_tensors(model), dict.fromkeys(KINDS, 1.0)))


def token_bytes(model: ModelSpec, candidate: Candidate, key_value_format: str) -> int:
    """Bytes of one KV token on one GPU of the stage that has most layers.

    With multi-head latent attention every GPU holds the whole compressed vector; otherwise the KV
    heads are split over the attention group, and copied where it is larger than their number. A
    draft head adds its layers (pool_configurator.py).

    Raises InputError, with the nearest known name, for a format that is not in KEY_VALUE_BYTES.
    """
    if key_value_format not in KEY_VALUE_BYTES:
        raise _unknown_format(key_value_format)
    layers = max(
        len(stage_layers(model.layers, candidate.pipeline_parallel, stage))
        for stage in range(candidate.pipeline_parallel)
    )
    drafts = model.draft_layers if candidate.speculative else 0
    width = _token_width(model, attention_group(candidate))
    return width * (layers + drafts) * KEY_VALUE_BYTES[key_value_format]


def stage_layers(layers: int, stages: int, stage: int) -> range:
    """The layers of a pipeline stage; the last stages take the layers that do not divide evenly.

    Source: get_pp_indices in sglang/srt/distributed/utils.py of the catalogue's SGLang.
    """
    each, left = divmod(layers, stages)
    first = stage * each + max(0, stage - (stages - left))
    return range(first, first + each + (1 if stage >= stages - left else 0))


def attention_group(candidate: Candidate) -> int:
    """GPUs that share one attention layer: fewer than the tensor group with DP attention."""
    return candidate.tensor_parallel // candidate.attention_data_parallel


def bytes_a_weight(weight_format: WeightFormat) -> dict[str, float]:
    """Bytes a weight by kind of tensor (V(expert), V(linear), ...)."""
    return {
        EXPERT: weight_format.expert_bytes,
        LINEAR: weight_format.linear_bytes,
        ATTENTION: weight_format.attention_bytes,
        OTHER: weight_format.other_bytes,
        FLOAT32: FLOAT32_BYTES,
        ABSORBED: ABSORBED_BYTES,
    }


def draft_bytes_a_weight(weight_format: WeightFormat) -> dict[str, float]:
    """The same of the draft layers."""
    rates = bytes_a_weight(weight_format)
    if weight_format.draft_bytes:
        rates.update(dict.fromkeys((EXPERT, LINEAR, ATTENTION), weight_format.draft_bytes))
    return rates


def _model_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    first = dense_layers(model)
    return (
        *dense_layer_tensors(model) * first,
        *expert_layer_tensors(model) * (model.layers - first),
        *norm_tensors(model),
        *embedding_tensors(model),
        *head_tensors(model) * (0 if model.tied else 1),
    )


def _stored_bytes(tensors: Iterable[Tensor], rates: Mapping[str, float]) -> float:
    return sum(part.elements * rates[part.kind] for part in tensors if part.kind != ABSORBED)


@dataclass(frozen=True)
class _Sizes:
    """Bytes on one GPU of each building block of a stage."""

    dense_layer: float
    expert_layer: float
    embedding: float
    norm: float
    head: float
    draft: float


def _sizes(model: ModelSpec, weight_format: WeightFormat, candidate: Candidate) -> _Sizes:
    rates = bytes_a_weight(weight_format)
    shares = _shares(model, candidate)
    drafts = draft_bytes_a_weight(weight_format)
    return _Sizes(
        dense_layer=_local_bytes(dense_layer_tensors(model), shares, rates),
        expert_layer=_local_bytes(expert_layer_tensors(model), shares, rates),
        embedding=_local_bytes(embedding_tensors(model), shares, rates),
        norm=_local_bytes(norm_tensors(model), shares, rates),
        head=_local_bytes(head_tensors(model), shares, rates),
        draft=_local_bytes(draft_tensors(model), shares, drafts),
    )


def _local_bytes(
    tensors: Iterable[Tensor], shares: Mapping[str, int], rates: Mapping[str, float]
) -> float:
    return sum(part.elements / shares[part.shared_by] * rates[part.kind] for part in tensors)


def _stage_bytes(model: ModelSpec, candidate: Candidate, sizes: _Sizes, stage: int) -> float:
    stages = candidate.pipeline_parallel
    first, last = stage == 0, stage == stages - 1
    layers = stage_layers(model.layers, stages, stage)
    dense = len(range(layers.start, min(layers.stop, dense_layers(model))))
    total = dense * sizes.dense_layer + (len(layers) - dense) * sizes.expert_layer
    total += first * sizes.embedding + last * sizes.norm
    total += _has_head(model, stages, last) * sizes.head
    return total + (last and candidate.speculative) * sizes.draft


def _has_head(model: ModelSpec, stages: int, last: bool) -> bool:
    if model.tied and stages == 1:
        return False
    return last or (model.architecture in HEAD_ON_EVERY_STAGE and not model.tied)


def _shares(model: ModelSpec, candidate: Candidate) -> dict[str, int]:
    group = attention_group(candidate)
    attention = model.attention
    heads = 1 if isinstance(attention, MultiHeadLatent) else attention.key_value_heads
    return {
        REPLICATED: 1,
        ATTENTION_GROUP: group,
        KEY_VALUE_HEADS: min(group, heads),
        TENSOR_GROUP: candidate.tensor_parallel,
    }


def _token_width(model: ModelSpec, group: int) -> int:
    attention = model.attention
    if isinstance(attention, MultiHeadLatent):
        return attention.key_value_rank + attention.rope_head_dim
    return 2 * attention.head_dim * max(1, attention.key_value_heads // group)


def _unknown_format(name: str) -> InputError:
    known = [known for known in KEY_VALUE_BYTES if known]
    fault = Fault(
        code="unknown_key_value_format",
        where="key_value_format",
        found=name,
        needed="a format of --kv-cache-dtype that the planner knows",
        fix=rename_fix(name, known),
    )
    return InputError("the KV cache", [fault.line()])
