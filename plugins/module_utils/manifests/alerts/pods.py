# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts on the ranks' pods, from kube-state-metrics."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import (
    CRITICAL,
    WARNING,
    Rule,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    Watched,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import CONTAINER


def pod_rules(watched: Watched) -> Iterator[Rule]:
    """A rank that is not ready, and ranks that restart."""
    yield _not_ready(watched)
    yield _restarts(watched)


def _not_ready(watched: Watched) -> Rule:
    ready = f'kube_pod_status_ready{{condition="true",{watched.pods}}}'
    return Rule(
        name="SGLangRankNotReady",
        severity=CRITICAL,
        expression=f"max by (namespace, pod) ({ready}) == 0",
        seconds=watched.starting_seconds,
        summary="{{ $labels.pod }}: not ready for longer than a group may take to start",
        impact="A group answers only with all of its ranks, so this group answers nobody.",
        steps=(
            "kubectl -n {{ $labels.namespace }} describe pod {{ $labels.pod }}, and its logs with"
            " --previous.",
            "Pending: the planned host is down, cordoned or its GPUs are taken.",
            "Running: the rank waits for another one, or loads; docs/operations.md has the causes"
            " by what the log says.",
        ),
    )


def _restarts(watched: Watched) -> Rule:
    """A restart of one container makes all pods of its group anew, and their counters with them."""
    restarts = (
        f'increase(kube_pod_container_status_restarts_total{{container="{CONTAINER}",'
        f"{watched.pods}}}[1d])"
    )
    made = (
        f"count by (namespace, pod) (count_over_time(kube_pod_created{{{watched.pods}}}[1d])) - 1"
    )
    return Rule(
        name="SGLangRestarts",
        severity=WARNING,
        expression=(
            f"sum by (namespace, pod) ({restarts}) + ({made})"
            f" > {watched.thresholds['restarts_a_day']}"
        ),
        seconds=60,
        summary="{{ $labels.pod }}: {{ $value | humanize }} restarts within a day",
        impact=(
            "Each restart ends the answers of the whole group and costs the time to load the model."
            " A new pod of the same name counts too: LeaderWorkerSet makes all pods of a group anew"
            " when one restarts, which counters of containers do not show."
        ),
        steps=(
            "kubectl -n {{ $labels.namespace }} get events --sort-by=.lastTimestamp: updates and"
            " drains by people are restarts as well.",
            "kubectl -n {{ $labels.namespace }} logs {{ $labels.pod }} --previous: out of memory,"
            " an XID, or a timeout of NCCL?",
            "Always the same host: cordon it and let the group start elsewhere.",
        ),
    )
