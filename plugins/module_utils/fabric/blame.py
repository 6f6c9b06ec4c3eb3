# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts are at fault when links between hosts fail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

Pair = frozenset[str]


@dataclass(frozen=True)
class Blame:
    """C(hosts) at fault; C(doubtful) of pairs where nothing tells which of the two it is; C(paths)
    between two hosts that both pass with others, so that what lies between them is at fault."""

    hosts: frozenset[str]
    doubtful: frozenset[str]
    paths: tuple[tuple[str, str], ...]


def blame(failed: Collection[Pair], passed: Collection[Pair]) -> Blame:
    """Explain the failed pairs by as few hosts as can be; each pair has two hosts.

    A host is at fault when it fails with two or more partners and with more than it passes with.
    The one with most failures is taken first, and what it explains is no evidence against others.
    Of a pair that is left, a host that passes with nobody is at fault; when neither does, both are
    doubtful.
    """
    left = set(failed)
    hosts: set[str] = set()
    while True:
        suspect = _most_failing(left, passed)
        if not suspect:
            break
        hosts.add(suspect)
        left = {pair for pair in left if suspect not in pair}
    doubtful: set[str] = set()
    paths: list[tuple[str, str]] = []
    for pair in sorted(left, key=sorted):
        bad = [name for name in sorted(pair) if not _of(name, passed)]
        if not bad:
            one, other = sorted(pair)
            paths.append((one, other))
        elif len(bad) == 1:
            hosts.add(bad[0])
        else:
            doubtful.update(bad)
    return Blame(frozenset(hosts), frozenset(doubtful - hosts), tuple(paths))


def _most_failing(left: Collection[Pair], passed: Collection[Pair]) -> str:
    """The host with the most failures, of several the one that passes least, or ""."""
    names = sorted({name for pair in left for name in pair})
    suspects = [name for name in names if _of(name, left) > max(1, _of(name, passed))]
    return min(suspects, key=lambda name: (-_of(name, left), _of(name, passed)), default="")


def _of(name: str, pairs: Collection[Pair]) -> int:
    return sum(name in pair for pair in pairs)
