"""Which mutants are tried, and what their results say of those that are not."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

NORMAL_95 = 1.959964  # standard deviations to either side that hold 95 % of a normal distribution


def shares(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """How many mutants each file gives: in proportion to those it has, and one at least.

    The rest goes to the largest remainders, by name among equal ones. So a small sample of many
    files has more than are wanted; with more wanted than there are, each file gives all.
    """
    total = sum(sizes.values())
    wanted = min(wanted, total)
    given = {name: max(1, size * wanted // total) for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(sizes[name] * wanted % total), name))
    while sum(given.values()) < wanted:
        for name in by_remainder:
            if given[name] < sizes[name] and sum(given.values()) < wanted:
                given[name] += 1
    return given


def draw(mutants: Mapping[str, Sequence[str]], wanted: int, seed: int) -> list[str]:
    """The names of the drawn mutants, sorted, from those of each file."""
    chosen = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    sizes = {name: len(of_file) for name, of_file in mutants.items()}
    given = shares(sizes, wanted)
    drawn = [chosen.sample(sorted(mutants[name]), given[name]) for name in sorted(mutants)]
    return sorted(name for of_file in drawn for name in of_file)


def interval(killed: int, tried: int) -> tuple[float, float]:
    """The 95 % confidence interval of the share of all mutants that is killed (Wilson's).

    Stratified as the sample is, it is somewhat wider than need be.
    """
    share, square = killed / tried, NORMAL_95**2
    middle = share + square / (2 * tried)
    reach = NORMAL_95 * math.sqrt(share * (1 - share) / tried + square / (4 * tried**2))
    return (middle - reach) / (1 + square / tried), (middle + reach) / (1 + square / tried)
