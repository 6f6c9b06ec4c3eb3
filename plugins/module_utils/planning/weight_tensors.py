# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The weight tensors of a model, by part of the network, as the engine splits them over GPUs.

Source: sglang/srt/models/deepseek_v2.py, deepseek_nextn.py, llama.py, qwen2.py and qwen3_moe.py of
the catalogue's SGLang, layers/linear.py and layers/vocab_parallel_embedding.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    Experts,
    GroupedQuery,
    ModelSpec,
    MultiHeadLatent,
)

# What a tensor's bytes a weight come from: the fields of WeightFormat, or a fixed number format.
EXPERT = "expert"
LINEAR = "linear"
ATTENTION = "attention"
OTHER = "other"
FLOAT32 = "float32"
# The engine's own copies of the up-projection, which no checkpoint holds.
ABSORBED = "absorbed"

# Which GPUs share a tensor.
REPLICATED = "replicated"
ATTENTION_GROUP = "attention group"
KEY_VALUE_HEADS = "key value heads"
TENSOR_GROUP = "tensor group"

# Router with a float32 correction for each expert (MoEGate in deepseek_v2.py, topk noaux_tc).
ROUTER_CORRECTION = ("DeepseekV3ForCausalLM",)
# Norms of each query and key head (q_norm and k_norm in qwen3.py and qwen3_moe.py).
HEAD_NORMS = ("Qwen3ForCausalLM", "Qwen3MoeForCausalLM")
# vocab_parallel_embedding.py: DEFAULT_VOCAB_PADDING_SIZE.
VOCABULARY_PADDING = 64


@dataclass(frozen=True)
class Tensor:
    """C(elements) weights of one kind (V(expert), V(linear), ...) that one group of GPUs shares."""

    kind: str
    shared_by: str
    elements: int


def dense_layer_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    """The tensors of a layer without experts."""
    dense = Tensor(LINEAR, TENSOR_GROUP, 3 * model.hidden * model.intermediate)
    return (*_common_tensors(model), dense)


def expert_layer_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    """The tensors of a layer with experts; none for a model that has no such layer."""
    corrected = model.architecture in ROUTER_CORRECTION
    return tuple(
        tensor
        for experts in model.experts
        for tensor in (
            *_common_tensors(model),
            *_expert_tensors(experts, model.hidden),
            Tensor(FLOAT32, REPLICATED, experts.routed if corrected else 0),
        )
    )


def embedding_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    """The token embedding, its rows padded to a multiple of 64."""
    return (Tensor(OTHER, ATTENTION_GROUP, padded_vocabulary(model) * model.hidden),)


def head_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    """The language model head, its rows padded to a multiple of 64."""
    return (Tensor(OTHER, TENSOR_GROUP, padded_vocabulary(model) * model.hidden),)


def norm_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    """The norm before the head."""
    return (Tensor(OTHER, REPLICATED, model.hidden),)


def draft_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    """All draft layers, without the embedding and the head that they share with the model.

    Each one is a layer with experts, the projection of two hidden vectors to one, and three norms
    (deepseek_nextn.py).
    """
    projection = Tensor(OTHER, REPLICATED, 2 * model.hidden * model.hidden + 3 * model.hidden)
    return (*expert_layer_tensors(model), projection) * model.draft_layers


def padded_vocabulary(model: ModelSpec) -> int:
    """Rows of the embedding as the engine allocates it."""
    return -(-model.vocabulary // VOCABULARY_PADDING) * VOCABULARY_PADDING


def dense_layers(model: ModelSpec) -> int:
    """The number of first layers without experts: all of them for a model that has none."""
    return min([model.layers, *(experts.dense_layers for experts in model.experts)])


def _common_tensors(model: ModelSpec) -> tuple[Tensor, ...]:
    attention = model.attention
    if isinstance(attention, MultiHeadLatent):
        tensors, head_norms = _latent_tensors(attention, model.hidden), 0
    else:
        tensors = _grouped_tensors(attention, model.hidden, model.attention_bias)
        head_norms = 2 * attention.head_dim if model.architecture in HEAD_NORMS else 0
    return (*tensors, Tensor(OTHER, REPLICATED, 2 * model.hidden + head_norms))


def _latent_tensors(attention: MultiHeadLatent, hidden: int) -> tuple[Tensor, ...]:
    heads = attention.heads
    query_head = attention.nope_head_dim + attention.rope_head_dim
    up_projection = (
        attention.key_value_rank * heads * (attention.nope_head_dim + attention.value_head_dim)
    )
    compressed = hidden * (
        attention.query_rank + attention.key_value_rank + attention.rope_head_dim
    )
    query = (attention.query_rank or hidden) * heads * query_head
    output = heads * attention.value_head_dim * hidden
    return (
        Tensor(ATTENTION, REPLICATED, compressed),
        Tensor(ATTENTION, ATTENTION_GROUP, query + up_projection + output),
        Tensor(ABSORBED, ATTENTION_GROUP, up_projection),
        Tensor(OTHER, REPLICATED, attention.query_rank + attention.key_value_rank),
    )


def _grouped_tensors(attention: GroupedQuery, hidden: int, bias: bool) -> tuple[Tensor, ...]:
    query = attention.heads * attention.head_dim
    key_value = 2 * attention.key_value_heads * attention.head_dim
    tensors = (
        Tensor(ATTENTION, ATTENTION_GROUP, 2 * hidden * query),
        Tensor(ATTENTION, KEY_VALUE_HEADS, hidden * key_value),
    )
    if not bias:
        return tensors
    return (
        *tensors,
        Tensor(OTHER, ATTENTION_GROUP, query),
        Tensor(OTHER, KEY_VALUE_HEADS, key_value),
    )


def _expert_tensors(experts: Experts, hidden: int) -> tuple[Tensor, ...]:
    # The engine merges the shared expert into the routed ones or keeps it apart; its part of each
    # GPU is the same, so both are counted apart here.
    one_expert = 3 * hidden * experts.intermediate
    return (
        Tensor(EXPERT, TENSOR_GROUP, experts.routed * one_expert),
        Tensor(LINEAR, TENSOR_GROUP, experts.shared * one_expert),
        Tensor(OTHER, REPLICATED, experts.routed * hidden),
    )
