# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of two layouts is better, and in which order weight formats are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Considered,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.refusals import tokens_held
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    FEWEST_GPUS,
    LATENCY,
    LONGEST_CONTEXT,
    THROUGHPUT,
)

# Figures that agree to so many digits are equal: sums of floats in another order are no reason.
DIGITS = 9

Key = tuple[float, ...]
Score = Callable[[ModelSpec, Considered], Key]


def rank_key(model: ModelSpec, objective: str, considered: Considered) -> Key:
    """Smallest is best: the objective's figures, then the smaller layout."""
    figures = (_rounded(part) for part in SCORES[objective](model, considered))
    return (*figures, *_sizes(considered.candidate))


def leaves_host(candidate: Candidate) -> bool:
    """Whether the GPUs that share a layer are on several hosts."""
    return candidate.tensor_parallel > candidate.gpus_per_host


def quality(model: ModelSpec, weight_format: WeightFormat) -> Key:
    """Smallest is best: the official format, then the one with more bits a weight.

    The first of the model's formats is the official one. Formats of 8 bits, with or without the
    bytes of their scales, are equal here.
    """
    size = weight_format.expert_bytes if model.experts else weight_format.linear_bytes
    return (float(weight_format != model.formats[0]), -round(size * 2) / 2)


def in_order(model: ModelSpec, gpu: GpuSpec) -> tuple[WeightFormat, ...]:
    """The model's formats, best first; of equal ones that with the faster matrix units, then as
    the catalogue lists them."""
    return tuple(
        sorted(
            model.formats,
            key=lambda known: (*quality(model, known), -gpu.flops(known.compute)),
        )
    )


def _latency(_model: ModelSpec, considered: Considered) -> Key:
    cost = considered.cost
    return (cost.decode_seconds, cost.prefill_seconds, -cost.tokens_per_second)


def _throughput(_model: ModelSpec, considered: Considered) -> Key:
    return (-considered.cost.tokens_per_second, considered.cost.decode_seconds)


def _longest_context(model: ModelSpec, considered: Considered) -> Key:
    held = tokens_held(considered.candidate, considered.memory)
    return (-min(model.context, held), considered.cost.decode_seconds)


def _fewest_gpus(_model: ModelSpec, considered: Considered) -> Key:
    candidate = considered.candidate
    number = candidate.gpus * candidate.groups
    return (number, float(leaves_host(candidate)), considered.cost.decode_seconds)


SCORES: Mapping[str, Score] = {
    LATENCY: _latency,
    THROUGHPUT: _throughput,
    LONGEST_CONTEXT: _longest_context,
    FEWEST_GPUS: _fewest_gpus,
}


def _rounded(figure: float) -> float:
    return float(f"{figure:.{DIGITS}g}")


def _sizes(candidate: Candidate) -> Key:
    return (
        candidate.gpus * candidate.groups,
        candidate.hosts,
        candidate.tensor_parallel,
        candidate.pipeline_parallel,
        candidate.attention_data_parallel,
        candidate.expert_parallel,
        float(candidate.speculative),
    )
