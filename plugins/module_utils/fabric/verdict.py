# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One verdict per host and per pair, who is at fault, and which hosts are quarantined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.blame import Blame, blame
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.judge import (
    FAILED,
    PASSED,
    SKIPPED,
    Judged,
    judge_tests,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.limits import Limits
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.plan import NO_RAIL, Test

SCHEMA = 1
SHOWN_PARTNERS = 4


@dataclass(frozen=True)
class HostVerdict:
    """C(status) with its C(reasons). V(passed): every link of the host passed with somebody."""

    name: str
    status: str
    reasons: tuple[str, ...]


def verdict(
    plan: Mapping[str, Any],
    results: Sequence[Mapping[str, Any]],
    *,
    limits: Limits,
    earlier: Mapping[str, str],
) -> dict[str, Any]:
    """The report of a run, schema 1: C(hosts), C(pairs), C(tests), C(paths) and C(quarantined).

    C(plan) is that of plan.make_plan, C(results) as in judge.judge_tests. C(earlier) are the
    hosts that an earlier run quarantined, each with the reason: they stay until they pass.
    """
    tests = [Test(**values) for values in plan["tests"].values()]
    judged = judge_tests(tests, results, limits)
    links = sorted({entry.link for entry in judged})
    blamed = {link: _blame([entry for entry in judged if entry.link == link]) for link in links}
    hosts = [_host(name, judged, blamed) for name in plan["hosts"]]
    passed = {host.name for host in hosts if host.status == PASSED}
    return {
        "schema": SCHEMA,
        "hosts": {
            host.name: {"status": host.status, "reasons": list(host.reasons)} for host in hosts
        },
        "pairs": [_pair(pair, judged) for pair in _pairs(judged)],
        "tests": [_test(entry) for entry in judged],
        "paths": [
            f"{one} - {other}: {_link(link)}"
            for link, of in blamed.items()
            for one, other in of.paths
        ],
        "quarantined": {
            **{host: reason for host, reason in earlier.items() if host not in passed},
            **{host.name: "; ".join(host.reasons) for host in hosts if host.status == FAILED},
        },
    }


def _blame(judged: Sequence[Judged]) -> Blame:
    """Of one link: a pair failed if any of its tests did, in whichever direction."""
    failed = {entry.hosts for entry in judged if entry.status == FAILED}
    passed = {entry.hosts for entry in judged if entry.status == PASSED}
    return blame(failed, passed - failed)


def _host(
    name: str, judged: Sequence[Judged], blamed: Mapping[tuple[str, int], Blame]
) -> HostVerdict:
    own = [entry for entry in judged if name in entry.hosts]
    faults = list(_faults(name, own, blamed))
    if faults:
        return HostVerdict(name, FAILED, tuple(faults))
    open_links = list(_not_passed(own))
    if open_links or not own:
        return HostVerdict(name, SKIPPED, tuple(open_links) or ("it has no partner",))
    return HostVerdict(name, PASSED, ())


def _faults(
    name: str, own: Sequence[Judged], blamed: Mapping[tuple[str, int], Blame]
) -> Iterator[str]:
    for link, of in blamed.items():
        if name not in of.hosts | of.doubtful:
            continue
        failed = [entry for entry in own if entry.link == link and entry.status == FAILED]
        doubt = "" if name in of.hosts else ", and neither passes with another: it or its partner"
        yield f"{_link(link)}: failed with {_partners(name, failed)}: {failed[0].reason}{doubt}"


def _not_passed(own: Sequence[Judged]) -> Iterator[str]:
    """Links with which a host passed nothing. A test that was skipped is not passed."""
    for link in sorted({entry.link for entry in own}):
        entries = [entry for entry in own if entry.link == link]
        if not any(entry.status == PASSED for entry in entries):
            why = sorted({entry.reason for entry in entries})
            yield f"{_link(link)}: {'; '.join(why[:SHOWN_PARTNERS])}"


def _partners(name: str, failed: Sequence[Judged]) -> str:
    names = sorted({other for entry in failed for other in entry.hosts if other != name})
    more = [f"{len(names) - SHOWN_PARTNERS} more"] if len(names) > SHOWN_PARTNERS else []
    return ", ".join([*names[:SHOWN_PARTNERS], *more])


def _link(link: tuple[str, int]) -> str:
    kind, rail = link
    words = kind.replace("_", " ").replace("tcp", "TCP").replace("rdma", "RDMA")
    return words if rail == NO_RAIL else f"{words} on rail {rail}"


def _pairs(judged: Sequence[Judged]) -> list[frozenset[str]]:
    return sorted({entry.hosts for entry in judged}, key=sorted)


def _pair(pair: frozenset[str], judged: Sequence[Judged]) -> dict[str, Any]:
    """A pair passed when all of its tests did, and failed when any of them did."""
    statuses = {entry.status for entry in judged if entry.hosts == pair}
    order = (FAILED, SKIPPED, PASSED)
    return {"hosts": sorted(pair), "status": next(one for one in order if one in statuses)}


def _test(entry: Judged) -> dict[str, Any]:
    values = asdict(entry.test)
    del values["state"]
    return {
        **values,
        "status": entry.status,
        "reason": entry.reason,
        "value": entry.value,
        "limit": entry.limit,
        "unit": entry.unit,
        "outlier_of": entry.peers,
    }
