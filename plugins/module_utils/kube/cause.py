# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a known reason is, and where in a pod it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.kube.pods import PodView


@dataclass(frozen=True)
class Cause:
    """A reason, how to recognise it and what to do.

    C(pattern) is searched in the lines of C(source); its groups fill C(found) and C(fix).
    A cause is certain when it persisted for C(persists) seconds, or was seen in C(incarnations)
    different runs of a container; with neither it only explains a deadline that was missed.
    C(held_up): the kubelet tries again after ever longer pauses, 2 to 5 minutes in the end, so that
    what it last said may be long out of date.
    """

    name: str
    source: Callable[[PodView], tuple[str, ...]]
    pattern: re.Pattern[str]
    found: str
    fix: str
    persists: Optional[float] = None
    incarnations: Optional[int] = None
    held_up: bool = False

    def match(self, pod: PodView) -> Optional[re.Match[str]]:
        """The last line that shows this cause."""
        matches = (self.pattern.search(line) for line in reversed(self.source(pod)))
        return next((match for match in matches if match), None)


def waiting(pod: PodView) -> tuple[str, ...]:
    """Why the container waits, as its status says it."""
    return (pod.waiting,)


def terminated(pod: PodView) -> tuple[str, ...]:
    """How the container ended last."""
    return (pod.terminated,)


def scheduling(pod: PodView) -> tuple[str, ...]:
    """Why the pod has no node."""
    return (pod.scheduling,)


def phase(pod: PodView) -> tuple[str, ...]:
    """The pod's phase, with the reason of a failed one."""
    return (pod.phase,)


def events(pod: PodView) -> tuple[str, ...]:
    """The pod's warnings before its container started."""
    return pod.events


def log(pod: PodView) -> tuple[str, ...]:
    """The container's last log lines."""
    return pod.log
