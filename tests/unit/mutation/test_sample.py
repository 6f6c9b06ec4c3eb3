"""A sample of mutants is fair to the files, can be drawn again, and says how sure it is."""

from __future__ import annotations

import pytest

from tests.mutation.sample import draw, interval, shares

MUTANTS = {
    "cost": [f"cost.x_{number}" for number in range(90)],
    "racks": [f"racks.x_{number}" for number in range(10)],
}


@pytest.mark.parametrize(
    ("sizes", "wanted", "given"),
    [
        ({"a": 90, "b": 10}, 20, {"a": 18, "b": 2}),
        ({"a": 995, "b": 5}, 10, {"a": 9, "b": 1}),
        ({"a": 50, "b": 30, "c": 20}, 7, {"a": 4, "b": 2, "c": 1}),
        ({"a": 1, "b": 1, "c": 1}, 2, {"a": 1, "b": 1, "c": 1}),
        ({"a": 3, "b": 2}, 9, {"a": 3, "b": 2}),
    ],
)
def test_a_file_gives_in_proportion_and_one_at_least(
    sizes: dict[str, int], wanted: int, given: dict[str, int]
) -> None:
    assert shares(sizes, wanted) == given


def test_each_mutant_is_drawn_once_and_the_same_seed_draws_the_same() -> None:
    drawn = draw(MUTANTS, 20, seed=1)
    assert len(set(drawn)) == 20
    assert sum(name.startswith("cost.") for name in drawn) == 18
    assert draw(dict(reversed(MUTANTS.items())), 20, seed=1) == drawn
    assert draw(MUTANTS, 20, seed=2) != drawn


@pytest.mark.parametrize(
    ("killed", "tried", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I,
        # method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilson_s(killed: int, tried: int, low: float, high: float) -> None:
    assert interval(killed, tried) == pytest.approx((low, high), abs=5e-5)
