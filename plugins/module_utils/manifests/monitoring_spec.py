# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a site wants watched by its own Prometheus: parsed once, all faults reported together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.thresholds import (
    parse_thresholds,
    threshold_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    Watched,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    label_name_faults,
    label_value_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.object_faults import (
    namespace_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.engine_flags import (
    FLAGS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan

METRICS_FLAG = FLAGS["metrics"][0].option

LONGEST_INTERVAL = 120
"""Seconds. Prometheus takes a series that is silent for 5 minutes for gone, and rates over 5
minutes need two scrapes."""


@dataclass(frozen=True)
class MonitoringSpec:
    """PodMonitors and alerts for a plan's groups and their routers.

    C(interval_seconds) is the time between two scrapes; C(labels) are those by which a Prometheus
    object selects; C(runbooks) is the address of the page that has a section for each alert.
    """

    watched: Watched
    interval_seconds: int
    labels: tuple[tuple[str, str], ...]
    runbooks: str

    @classmethod
    def of_plan(
        cls,
        plan: Plan,
        *,
        namespace: str,
        routers: int,
        settings: Mapping[str, Any],
    ) -> MonitoringSpec:
        """What is watched of a plan. Raises InputError with every fault.

        C(settings) has a site's own C(interval_seconds), C(labels), C(thresholds), C(runbooks).
        """
        interval_seconds, labels = settings["interval_seconds"], settings["labels"]
        thresholds = settings["thresholds"]
        faults = [
            *namespace_faults(namespace),
            *_interval_faults(interval_seconds),
            *_label_faults(labels),
            *(f"thresholds.{fault}" for fault in threshold_faults(thresholds)),
            *_metrics_faults(plan),
        ]
        if faults:
            raise InputError(f"monitoring of {plan.inventory}", faults)
        watched = Watched(
            namespace=namespace,
            groups=tuple(group.name for group in plan.groups),
            ranks=len(plan.ranks),
            routers=routers,
            startup_seconds=plan.startup_seconds,
            gpus=any(rank.gpus for rank in plan.ranks),
            rdma=bool(plan.resources.rdma),
            thresholds=parse_thresholds(thresholds),
        )
        pairs = tuple((name, str(labels[name])) for name in sorted(labels))
        return cls(watched, interval_seconds, pairs, settings["runbooks"])


def _interval_faults(seconds: int) -> Iterator[str]:
    if not 1 <= seconds <= LONGEST_INTERVAL:
        yield f"interval_seconds: found {seconds}, needed 1 to {LONGEST_INTERVAL}"


def _label_faults(labels: Mapping[str, str]) -> Iterator[str]:
    for name, value in labels.items():
        yield from label_name_faults("labels", name)
        yield from label_value_faults(f"labels.{name}", value)


def _metrics_faults(plan: Plan) -> Iterator[str]:
    """A plan may be written by hand: the planner's own always has the flag."""
    for group in plan.groups:
        if METRICS_FLAG not in (*plan.arguments, *group.arguments):
            yield (
                f"group {group.name}: found no {METRICS_FLAG} in the plan's arguments, without"
                " which the engine has no /metrics; add it to the plan and serve it"
            )
