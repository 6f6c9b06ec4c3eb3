"""Who is at fault: the host that failing pairs have in common."""

from __future__ import annotations

from itertools import combinations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.blame import Blame, blame


def pairs(text: str) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in text.split()}


def found(failed: str, passed: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    of = blame(pairs(failed), pairs(passed))
    return "".join(sorted(of.hosts)), "".join(sorted(of.doubtful)), of.paths


@pytest.mark.parametrize(
    ("failed", "passed", "hosts", "doubtful", "paths"),
    [
        ("", "ab cd", "", "", ()),
        # One host fails with all, its partners pass with each other.
        ("ab ac ad", "bc bd cd", "a", "", ()),
        # Two of four.
        ("ab ac ad bc bd", "cd", "ab", "", ()),
        # One partner alone: nothing tells which of the two it is.
        ("ab", "", "", "ab", ()),
        ("ab", "cd", "", "ab", ()),
        # The other passes with somebody, so it is this one.
        ("ab", "bc", "a", "", ()),
        # Both pass with others: it is what lies between them.
        ("ab", "ac bd cd", "", "", (("a", "b"),)),
        # Partners of a host at fault are not blamed for it, even when they pass with nobody.
        ("ab ac", "", "a", "", ()),
        # Two paths of a host that passes with more: no host is at fault.
        ("ab ac", "ad ae af bd ce", "", "", (("a", "b"), ("a", "c"))),
        # All of them: nothing is cleared.
        ("ab ac ad bc bd cd", "", "ab", "cd", ()),
    ],
)
def test_the_fewest_hosts_that_explain_what_failed(
    failed: str, passed: str, hosts: str, doubtful: str, paths: tuple[tuple[str, str], ...]
) -> None:
    assert found(failed, passed) == (hosts, doubtful, paths)


@pytest.mark.parametrize("size", range(4, 9))
@pytest.mark.parametrize("bad", [1, 2])
def test_hosts_at_fault_are_found_among_all_pairs(size: int, bad: int) -> None:
    names = "abcdefgh"[:size]
    for guilty in combinations(names, bad):
        if size - bad < 3:
            continue
        every = {frozenset(pair) for pair in combinations(names, 2)}
        failed = {pair for pair in every if pair & set(guilty)}
        assert blame(failed, every - failed) == Blame(frozenset(guilty), frozenset(), ())


@pytest.mark.parametrize("size", [3, 4, 5])
def test_every_failed_pair_is_explained(size: int) -> None:
    """Exhaustive: whatever fails, somebody or some path is named for it."""
    every = [frozenset(pair) for pair in combinations("abcde"[:size], 2)]
    for mask in range(2 ** len(every)):
        failed = {pair for at, pair in enumerate(every) if mask >> at & 1}
        of = blame(failed, set(every) - failed)
        for pair in failed:
            assert pair & (of.hosts | of.doubtful) or tuple(sorted(pair)) in of.paths
        # Nobody who never failed is blamed.
        assert of.hosts | of.doubtful <= {name for pair in failed for name in pair}
