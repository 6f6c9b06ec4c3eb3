# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a serving group is not ready, from everything seen while waiting for it.

LeaderWorkerSet deletes all pods of a group when one of them restarts, and with them what a person
would look at afterwards. So each observation is kept as it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.kube.cause import Cause
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.causes import CAUSES
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.pods import PodView

REPORTED_LINES = 20


@dataclass(frozen=True)
class RankReport:
    """What is known of one rank that is not ready; cause and fix are empty when none is known."""

    pod: PodView
    cause: str = ""
    found: str = ""
    fix: str = ""

    def sentence(self) -> str:
        """The rank's part of an error message."""
        place = f"pod {self.pod.name}" + (f" on {self.pod.node}" if self.pod.node else "")
        text = f"rank {self.pod.rank} ({place}): {self.pod.state}"
        return f"{text}; {self.cause}: {self.found}; {self.fix}" if self.cause else text

    def values(self) -> dict[str, Any]:
        """Values for the module's failure."""
        return {
            "rank": self.pod.rank,
            "pod": self.pod.name,
            "node": self.pod.node,
            "state": self.pod.state,
            "cause": self.cause,
            "found": self.found,
            "fix": self.fix,
            "events": list(self.pod.events),
            "last_lines": list(self.pod.log[-REPORTED_LINES:]),
        }


@dataclass
class _Sighting:
    """One cause at one rank: when it was seen, and in which runs of the container."""

    report: RankReport
    first: float
    last: float
    runs: set[tuple[str, int]]


def held_up(pods: Sequence[PodView]) -> list[RankReport]:
    """The ranks that wait out the kubelet's pause after a failure, each with that failure."""
    matches = (_first_match(pod) for pod in pods if not pod.ready)
    return [report for order, report in filter(None, matches) if CAUSES[order].held_up]


class Evidence:
    """Keeps observations of a group in order of time; C(now) is in seconds.

    Pods with a uid in C(outdated) were restarted: what they still show counts for nothing.
    """

    def __init__(self, outdated: frozenset[str] = frozenset()) -> None:
        self._outdated = outdated
        self._sightings: dict[tuple[int, int, int], _Sighting] = {}
        self._latest: dict[tuple[int, int], PodView] = {}
        self._now = 0.0

    def add(self, pods: Sequence[PodView], *, now: float) -> None:
        """Take in one observation of all pods of the group."""
        self._now = now
        for pod in (pod for pod in pods if pod.uid not in self._outdated):
            place = (pod.group, pod.rank)
            self._latest[place] = pod
            if pod.ready:
                self._forget(place)
                continue
            match = _first_match(pod)
            if match is not None:
                self._note(place, *match)

    def certain(self) -> Optional[RankReport]:
        """The first cause that waiting longer will not cure, if any."""
        for place, seen in sorted(self._sightings.items(), key=lambda item: item[0]):
            cause = CAUSES[place[0]]
            persisted = seen.last == self._now and cause.persists is not None
            if persisted and seen.last - seen.first >= (cause.persists or 0.0):
                return seen.report
            if cause.incarnations is not None and len(seen.runs) >= cause.incarnations:
                return seen.report
        return None

    def reports(self) -> list[RankReport]:
        """One report a rank that is not ready, the likely origin of the trouble first."""
        best: dict[tuple[int, int], tuple[int, RankReport]] = {}
        for (order, group, rank), seen in sorted(self._sightings.items(), key=lambda item: item[0]):
            best.setdefault((group, rank), (order, seen.report))
        for place, pod in self._latest.items():
            if not pod.ready:
                best.setdefault(place, (len(CAUSES), RankReport(pod)))
        return [found[1] for found in sorted(best.values(), key=_origin_first)]

    def _forget(self, place: tuple[int, int]) -> None:
        """A rank that became ready had no lasting cause."""
        self._sightings = {key: seen for key, seen in self._sightings.items() if key[1:] != place}

    def _note(self, place: tuple[int, int], order: int, report: RankReport) -> None:
        key = (order, *place)
        run = (report.pod.uid, report.pod.incarnation)
        seen = self._sightings.get(key)
        if seen is None:
            self._sightings[key] = _Sighting(report, self._now, self._now, {run})
            return
        seen.report, seen.last = report, self._now
        seen.runs.add(run)


def _origin_first(entry: tuple[int, RankReport]) -> tuple[int, int, int]:
    order, report = entry
    return order, report.pod.group, report.pod.rank


def _first_match(pod: PodView) -> Optional[tuple[int, RankReport]]:
    for order, cause in enumerate(CAUSES):
        match = cause.match(pod)
        if match is not None:
            return order, _report(pod, cause, match.groupdict())
    return None


def _report(pod: PodView, cause: Cause, words: dict[str, str]) -> RankReport:
    return RankReport(
        pod,
        cause=cause.name,
        found=cause.found.format(**words).strip(),
        fix=cause.fix.format(**words),
    )
