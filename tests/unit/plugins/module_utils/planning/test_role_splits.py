"""Ways to split hosts, or one host's GPUs, between the roles."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_splits import (
    splits_of,
)

from tests.unit.plugins.module_utils.planning.role_samples import node


def names(*given: str) -> list[tuple[str, str]]:
    """Prefill's and decode's hosts of each split, written "n1 n2|n3"."""
    return [(one, other) for one, other in (text.split("|") for text in given)]


def test_each_number_of_hosts_is_tried_and_racks_stay_together() -> None:
    hosts = [node("n1", rack="b"), node("n2", rack="a"), node("n3", rack="b"), node("n4", rack="a")]
    found = [
        (" ".join(host.name for host in split.prefill), " ".join(h.name for h in split.decode))
        for split in splits_of(hosts)
    ]
    assert found == names("n2|n4 n1 n3", "n2 n4|n1 n3", "n2 n4 n1|n3")


def test_each_gpu_model_is_tried_in_each_role() -> None:
    hosts = [node("n1", model="H20"), node("n2", model="H100")]
    found = [(split.prefill[0].name, split.decode[0].name) for split in splits_of(hosts)]
    assert found == [("n2", "n1"), ("n1", "n2")]


def test_one_host_is_split_by_its_gpus() -> None:
    found = [
        (
            [gpu.index for gpu in split.prefill[0].gpus],
            [gpu.index for gpu in split.decode[0].gpus],
        )
        for split in splits_of([node("n1", gpus=4)])
    ]
    assert found == [([0], [1, 2, 3]), ([0, 1], [2, 3]), ([0, 1, 2], [3])]


@pytest.mark.parametrize(("hosts", "sizes"), [(16, list(range(1, 16))), (17, None), (1250, None)])
def test_many_hosts_are_split_in_fifteen_ways(hosts: int, sizes: list[int] | None) -> None:
    found = [len(split.prefill) for split in splits_of([node(f"n{n}") for n in range(hosts)])]
    assert len(found) == len(set(found)) == 15
    assert found == (sizes or found)
    assert 1 <= found[0] < found[-1] < hosts


def test_no_host_has_no_split() -> None:
    assert list(splits_of([])) == []
