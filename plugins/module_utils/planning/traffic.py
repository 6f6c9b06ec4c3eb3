# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes that one token sends between the hosts of an engine group, as the engine sends them.

What is counted, for one token of decoding (H is the hidden size, 2 bytes an element):

* Tensor parallel: two all-reduces of H elements a layer, after attention and after the MLP or the
  experts (layers/communicator.py). With DP attention one gather and one scatter over all ranks
  take the place of the second (layers/dp_attention.py), and the first runs inside one attention
  group. Embedding: one more all-reduce there on the first stage. Head: the parts of the logits are
  gathered on the last stage (layers/logits_processor.py).
* Pipeline parallel: hidden states and residual to the next stage, each rank its part, joined there
  by an all-gather (scheduler_pp_mixin.py, send_tensor_dict in parallel_state.py). Token numbers
  go once round the ring of stages.

Collectives run over a ring in the order of the ranks, as NCCL forms it over hosts; its tree for
small messages crosses hosts with the same bytes or fewer. Left out: what is sent once a batch
(metadata, requests), and speculative drafts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec

# Activations and logits are bfloat16 with every weight format.
ELEMENT_BYTES = 2
# PPProxyTensors of each model: hidden_states and residual.
PROXY_TENSORS = 2
# next_token_ids: int64 at most.
TOKEN_NUMBER_BYTES = 8

Link = tuple[int, int]
"""Two hosts of a group by their position, from the sending to the receiving one."""


def group_traffic(candidate: Candidate, model: ModelSpec) -> Mapping[Link, Fraction]:
    """Bytes a token on each link between two hosts of a group; links inside a host are left out.

    GPU rank r is on host r // gpus_per_host, as launch_server numbers the ranks.
    """
    links: dict[Link, Fraction] = defaultdict(Fraction)
    for source, target, size in _rank_traffic(candidate, model):
        link = (source // candidate.gpus_per_host, target // candidate.gpus_per_host)
        if link[0] != link[1]:
            links[link] += size
    return dict(links)


def stage_layers(layers: int, stages: int) -> tuple[int, ...]:
    """Layers of each pipeline stage: the last ones take the rest (distributed/utils.py)."""
    base, rest = divmod(layers, stages)
    return tuple(base + (stage >= stages - rest) for stage in range(stages))


def crossing_bytes(traffic: Mapping[Link, Fraction], racks: Sequence[str]) -> Fraction:
    """Bytes a token between hosts of different racks; C(racks) holds the rack of each position."""
    return sum(
        (size for (source, target), size in traffic.items() if racks[source] != racks[target]),
        Fraction(0),
    )


def _rank_traffic(candidate: Candidate, model: ModelSpec) -> Iterator[tuple[int, int, Fraction]]:
    layers = stage_layers(model.layers, candidate.pipeline_parallel)
    for stage in range(candidate.pipeline_parallel):
        first = stage * candidate.tensor_parallel
        for group, size in _collectives(candidate, model, layers, stage):
            for source, target in _ring(group):
                yield first + source, first + target, size
        yield from _handover(candidate, model, stage)


def _collectives(
    candidate: Candidate, model: ModelSpec, layers: Sequence[int], stage: int
) -> Iterator[tuple[range, Fraction]]:
    """Rank ranges of one stage and the bytes on each link of their rings."""
    everyone = range(candidate.tensor_parallel)
    vector = Fraction(model.hidden * ELEMENT_BYTES)
    yield everyone, 2 * _share(everyone) * vector * layers[stage]
    if stage == candidate.pipeline_parallel - 1:
        yield everyone, _share(everyone) * model.vocabulary * ELEMENT_BYTES
    # A token belongs to one of the attention groups; each has it with the same likelihood.
    copies = candidate.attention_data_parallel
    width = candidate.tensor_parallel // copies
    # First stage: the all-reduce of the embedding. Others: the join of what was handed over.
    gathers = 2 * layers[stage] + (PROXY_TENSORS if stage else 2)
    for copy in range(copies):
        group = range(copy * width, (copy + 1) * width)
        yield group, _share(group) * vector * gathers / copies


def _share(group: range) -> Fraction:
    """The part of a message that a ring all-gather sends on each link; all-reduce sends twice."""
    return Fraction(len(group) - 1, len(group))


def _ring(group: range) -> Iterator[tuple[int, int]]:
    if len(group) > 1:
        yield from zip(group, [*group[1:], group[0]])


def _handover(
    candidate: Candidate, model: ModelSpec, stage: int
) -> Iterator[tuple[int, int, Fraction]]:
    """From each rank of a stage to the same rank of the next; the last one closes the ring."""
    width, stages = candidate.tensor_parallel, candidate.pipeline_parallel
    if stages == 1:
        return
    states = Fraction(PROXY_TENSORS * model.hidden * ELEMENT_BYTES, width)
    numbers = Fraction(TOKEN_NUMBER_BYTES, candidate.attention_data_parallel)
    size = numbers + (states if stage < stages - 1 else 0)
    following = (stage + 1) % stages
    for rank in range(width):
        yield stage * width + rank, following * width + rank, size
