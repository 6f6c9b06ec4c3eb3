# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the planner knows of a model: its shape and the formats in which its weights exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class MultiHeadLatent:
    """Multi-head latent attention: all heads share one compressed key-value vector a token.

    C(query_rank) is 0 where the query is not compressed. Dimensions count elements.
    """

    heads: int
    query_rank: int
    key_value_rank: int
    nope_head_dim: int
    rope_head_dim: int
    value_head_dim: int


@dataclass(frozen=True)
class GroupedQuery:
    """Grouped-query attention. C(head_dim) counts elements."""

    heads: int
    key_value_heads: int
    head_dim: int


Attention = Union[MultiHeadLatent, GroupedQuery]


@dataclass(frozen=True)
class Experts:
    """Mixture of experts in each layer but the first C(dense_layers).

    C(intermediate) is the width of one expert, C(shared) the number of experts that every token
    takes beside its C(active) routed ones.
    """

    routed: int
    active: int
    shared: int
    intermediate: int
    dense_layers: int


@dataclass(frozen=True)
class WeightFormat:
    """One published form of a model's weights.

    C(expert_bytes), C(linear_bytes), C(attention_bytes) and C(other_bytes) are bytes a weight,
    scales included, of expert matrices, dense matrices, attention projections, and everything else
    (embedding, head, norms, router). C(compute) is the number format that the matrix units run
    (V(bfloat16), V(fp8), V(int8), V(fp4)); C(arguments) are the engine arguments that this format
    needs, usually none. C(block) is the number of rows that one scale spans: a tensor-parallel part
    is a multiple of it, and 1 means no limit. C(checkpoint_bytes) is the size on disk.
    C(draft): the checkpoint holds the model's draft layers. C(draft_bytes) are bytes a weight of
    their matrices where they differ from the other layers' (0: they do not).
    """

    name: str
    compute: str
    expert_bytes: float
    linear_bytes: float
    attention_bytes: float
    other_bytes: float
    block: int
    checkpoint_bytes: int
    arguments: tuple[str, ...]
    repository: str
    source: str
    draft: bool = True
    draft_bytes: float = 0.0


@dataclass(frozen=True)
class ModelSpec:
    """One model. Sizes are elements, C(context) tokens, C(draft_layers) layers of the built-in
    speculative head (0: none) and C(intermediate) the width of the dense layers.

    C(layers) leaves the draft layers out. C(tied) says that embedding and head are one matrix,
    C(attention_bias) that the query, key and value projections add a bias.
    """

    name: str
    architecture: str
    parameters: int
    active_parameters: int
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int
    context: int
    attention: Attention
    experts: tuple[Experts, ...]
    draft_layers: int
    tied: bool
    licence: str
    formats: tuple[WeightFormat, ...]
    source: str
    attention_bias: bool = False
