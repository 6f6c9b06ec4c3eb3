"""Bytes of one token between the hosts of a group, counted by hand for a small model.

The model has 4 layers, 8 elements (16 bytes) in a hidden vector and 32 logits (64 bytes).
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.traffic import (
    crossing_bytes,
    group_traffic,
    stage_layers,
)

from tests.unit.plugins.module_utils.planning.placement_samples import R1_SIZES, layout, model


@pytest.mark.parametrize(
    ("candidate", "links"),
    [
        # One host sends nothing.
        (layout(4, 1, per_host=4), {}),
        (layout(2, 2, per_host=4), {}),
        # Two ranks: half of each vector both ways, twice for an all-reduce. MLP 4 x 16, attention
        # 4 x 16, embedding 16, half of the logits 32.
        (layout(2, 1, per_host=1), {(0, 1): 64 + 64 + 16 + 32, (1, 0): 64 + 64 + 16 + 32}),
        # Two stages: two vectors and a token number on, the token number back.
        (layout(1, 2, per_host=1), {(0, 1): 2 * 16 + 8, (1, 0): 8}),
        # Two stages of two hosts. First: 2 x 16 MLP, 2 x 16 attention, 16 embedding. Second: 16 to
        # join the two vectors instead of the embedding, and 32 of logits.
        (
            layout(2, 2, per_host=1),
            {
                (0, 1): 32 + 32 + 16,
                (1, 0): 32 + 32 + 16,
                (2, 3): 32 + 32 + 16 + 32,
                (3, 2): 32 + 32 + 16 + 32,
                (0, 2): 16 + 8,
                (1, 3): 16 + 8,
                (2, 0): 8,
                (3, 1): 8,
            },
        ),
        # Two attention groups, one a host: what crosses is gathered and scattered for the MLP
        # (2 x 3/4 x 16 x 4) and the logits (3/4 x 64).
        (layout(4, 1, per_host=2, attention=2), {(0, 1): 96 + 48, (1, 0): 96 + 48}),
        # Attention groups of one rank: each token number goes to one of them, half of the time.
        (layout(2, 2, per_host=2, attention=2), {(0, 1): 2 * (16 + 4), (1, 0): 2 * 4}),
    ],
)
def test_bytes_on_each_link(candidate: Candidate, links: dict[tuple[int, int], int]) -> None:
    assert group_traffic(candidate, model()) == links


def test_attention_groups_over_two_hosts_share_their_traffic_by_halves() -> None:
    links = group_traffic(layout(4, 1, per_host=1, attention=2), model())
    everyone = Fraction(96 + 48)
    # Each group reduces (4 x 16 attention + 16 embedding) on half of the tokens.
    assert links[(0, 1)] == everyone + 40
    assert links[(1, 0)] == 40
    assert links[(1, 2)] == everyone
    assert links[(3, 0)] == everyone


def test_a_stage_that_ends_inside_a_host_is_followed_rank_by_rank() -> None:
    # Six ranks in stages of three on hosts of two: ranks 0 1 | 2 3 | 4 5.
    links = group_traffic(layout(3, 2, per_host=2), model())
    assert {(0, 1), (1, 2), (0, 2)} <= set(links)
    states = Fraction(2 * 8 * 2, 3) + 8
    # Ranks 1 to 4 and back: hosts 0 and 2 meet there alone.
    assert [links[(0, 2)], links[(2, 0)]] == [states, Fraction(8)]


@pytest.mark.parametrize(
    ("layers", "stages", "found"),
    [
        (61, 4, (15, 15, 15, 16)),
        (61, 8, (7, 7, 7, 8, 8, 8, 8, 8)),
        (61, 1, (61,)),
        (4, 4, (1, 1, 1, 1)),
    ],
)
def test_the_last_stages_have_the_layers_that_are_left_over(
    layers: int, stages: int, found: tuple[int, ...]
) -> None:
    assert stage_layers(layers, stages) == found


def test_only_links_between_racks_count() -> None:
    links = {(0, 1): Fraction(5), (1, 2): Fraction(7), (2, 0): Fraction(11)}
    assert crossing_bytes(links, ["a", "a", "a"]) == 0
    assert crossing_bytes(links, ["a", "a", "b"]) == 18
    assert crossing_bytes(links, ["a", "b", "c"]) == 23


def test_the_hidden_states_of_r1_are_handed_over_in_28704_bytes_a_stage() -> None:
    links = group_traffic(layout(4, 8, per_host=4), R1_SIZES)
    # 2 vectors of 7168 elements of 2 bytes, and a token number of 8 bytes from each of 4 ranks.
    assert links[(0, 1)] == 2 * 7168 * 2 + 4 * 8 == 28704
    assert links[(7, 0)] == 32
    assert len(links) == 8
