"""What each rank's pod asks of its host."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import NodeGpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rank_resources import (
    RankResources,
    RankShare,
    rank_node,
    rank_resources,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

from tests.unit.plugins.module_utils.planning.plan_samples import host, node

EIGHT = tuple(NodeGpu(index, "NVIDIA H100 80GB HBM3", 81559, index // 4) for index in range(8))
LARGE = node(gpus=EIGHT, memory_gib=2048, cores=192)
UNKNOWN = node(gpus=EIGHT, memory_gib=0, cores=0)


@pytest.mark.parametrize(
    ("share", "resources"),
    [
        (RankShare(LARGE, 8), RankResources("188", 2032, 32768, 1980)),
        (RankShare(LARGE, 4), RankResources("94", 1016, 16384, 1980)),
        (RankShare(LARGE, 1), RankResources("23", 254, 4096, 1980)),
        (
            RankShare(node(gpus=EIGHT, memory_gib=0, cores=0), 8),
            RankResources("32", 128, 32768, 1980),
        ),
        (RankShare(host("a", memory_gib=16, cores=8), 0), RankResources("4", 8, 512, 1080)),
        (RankShare(host("a", memory_gib=1, cores=1), 0), RankResources("1", 1, 512, 1080)),
        (RankShare(host("a", memory_gib=0, cores=0), 0), RankResources("1", 16, 512, 1080)),
    ],
)
def test_a_rank_asks_for_its_part_of_what_the_host_can_spare(
    share: RankShare, resources: RankResources
) -> None:
    assert rank_resources([share], Constraints(), 58.0) == resources


def test_every_host_can_give_what_all_ranks_ask_for() -> None:
    small = node("small", gpus=EIGHT, memory_gib=512, cores=64)
    resources = rank_resources([RankShare(LARGE, 8), RankShare(small, 8)], Constraints(), 0.0)
    assert resources == RankResources("60", 496, 32768, 1800)


def test_a_person_may_say_what_a_rank_asks_for() -> None:
    asked = Constraints(rank_cpu="500m", rank_memory_gib=4)
    resources = rank_resources([RankShare(host("a"), 0)], asked, 0.0)
    assert (resources.cpu, resources.memory_gib) == ("500m", 4)


def test_a_host_without_gpus_has_for_the_layout_what_its_rank_has() -> None:
    assert rank_node(host("a", memory_gib=64), Constraints()).memory_gib == 48
    assert rank_node(host("a", memory_gib=64), Constraints(rank_memory_gib=4)).memory_gib == 4
    assert rank_node(LARGE, Constraints(rank_memory_gib=4)) == LARGE
