"""Rules of the simulated transfer. Rates are such that a file of 100 bytes takes 10 s of a link."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import plan_fan_out

from benchmarks.simulated_transfer import PAYLOAD, Costs, Result, Site, simulate
from benchmarks.weights_shape import Shape

FREE = Costs(hop=0, start=0, buffer=0)
RATE = 10 / PAYLOAD
SIZES = [100.0] * 6


def brought(shape: Shape, costs: Costs = FREE, *, parallel: int = 2, uplink: float = 1e9) -> Result:
    site = Site(shape.rates(RATE), shape.racks_of, RATE, uplink)
    return simulate(plan_fan_out(shape.told(RATE)), site, SIZES, parallel, costs)


def test_one_node_takes_the_bytes_at_the_rate_of_its_link() -> None:
    found = brought(Shape(1))
    assert found.seconds["n01"] == pytest.approx(60)
    assert found.copies == 1


def test_a_chain_whose_hops_cost_nothing_ends_on_all_nodes_at_once() -> None:
    found = brought(Shape(5))
    assert [*found.seconds.values()] == pytest.approx([60] * 5)
    assert found.copies == 1


def test_the_start_comes_before_everything() -> None:
    assert brought(Shape(3), replace(FREE, start=7)).seconds["n03"] == pytest.approx(67)


def test_with_one_file_at_a_time_each_file_waits_for_every_hop() -> None:
    found = brought(Shape(4), replace(FREE, hop=0.5), parallel=1)
    assert found.seconds["n04"] == pytest.approx(60 + 6 * 4 * 0.5)


def test_more_files_at_a_time_hide_the_hops() -> None:
    found = brought(Shape(4), replace(FREE, hop=0.5), parallel=3)
    assert 60 + 4 * 0.5 <= found.seconds["n04"] < 60 + 6 * 4 * 0.5


def test_what_relays_hold_back_counts_for_every_file_that_is_on_its_way() -> None:
    found = brought(Shape(4), replace(FREE, buffer=RATE), parallel=1)
    assert found.seconds["n04"] == pytest.approx(60 + 6 * 4)


def test_a_slow_node_that_nobody_knows_slows_down_those_behind_it() -> None:
    seconds = brought(Shape(4, slow=0.5, known=False)).seconds
    assert seconds["n04"] == pytest.approx(120, rel=0.1)
    assert seconds["n03"] == pytest.approx(120, rel=0.1)


def test_a_slow_node_that_is_known_ends_alone_and_late() -> None:
    found = brought(Shape(4, slow=0.5))
    assert found.copies == 1
    others = [found.seconds[name] for name in ("n01", "n03", "n04")]
    assert others == pytest.approx([60] * 3)
    # Its first file is whole at the neighbour after 20 s, two at a time; then its own link counts.
    assert found.seconds["n02"] == pytest.approx(20 + 120, rel=0.02)


def test_the_next_rack_waits_for_whole_files() -> None:
    found = brought(Shape(4, racks=2))
    assert found.copies == 1
    assert found.seconds["n02"] == pytest.approx(60)
    assert found.seconds["n04"] == pytest.approx(20 + 60, rel=0.02)


def test_a_narrow_uplink_is_the_wire_of_its_rack() -> None:
    found = brought(Shape(4, racks=2), uplink=RATE / 2)
    assert found.seconds["n02"] == pytest.approx(120)
    assert found.seconds["n04"] > 140
