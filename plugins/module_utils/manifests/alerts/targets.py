# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts on what cannot be seen: targets that do not answer, and sources that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import (
    WARNING,
    Rule,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    Watched,
)


def target_rules(watched: Watched) -> Iterator[Rule]:
    """Targets that are down or missing, and sources without which other alerts are silent."""
    yield _down(watched)
    yield _missing(watched)
    yield _sources(watched)


def _down(watched: Watched) -> Rule:
    return Rule(
        name="SGLangTargetDown",
        severity=WARNING,
        expression=f'up{{job=~"{watched.namespace}/sglang-(engine|router)"}} == 0',
        seconds=watched.starting_seconds,
        summary="{{ $labels.pod }}: Prometheus gets no metrics",
        impact=(
            "The pod does not answer /metrics for longer than a group may take to start: it hangs,"
            " or the way to it is closed. Alerts on it are silent."
        ),
        steps=(
            "See the error on the targets page of Prometheus.",
            "Not ready: kubectl -n {{ $labels.namespace }} describe pod {{ $labels.pod }}.",
            "Ready: look for a network policy that keeps Prometheus out, and for --enable-metrics"
            " in the arguments of the pod.",
        ),
    )


def _missing(watched: Watched) -> Rule:
    count = f"(count(up{{{watched.engine}}}) or vector(0))"
    return Rule(
        name="SGLangRanksMissing",
        severity=WARNING,
        expression=f"{count} < {watched.ranks}",
        seconds=int(watched.thresholds["scrape_seconds"]),
        summary=f"{{{{ $value }}}} of {watched.ranks} ranks are targets of Prometheus",
        impact="Pods of the plan do not exist, or Prometheus does not look for them.",
        steps=(
            f"kubectl -n {watched.namespace} get leaderworkersets,pods -o wide.",
            "All pods there: does the Prometheus object select the PodMonitors of this namespace,"
            " and may its account list pods in it?",
            "After a change of the plan by hand: run baremetal.sglang.monitor.",
        ),
    )


def _sources(watched: Watched) -> Rule:
    """absent() has no metric's labels, so the source is named by a label of its own."""
    sources = {
        "kube-state-metrics": f'kube_pod_status_ready{{namespace="{watched.namespace}"}}',
        "node-exporter": "node_timex_sync_status",
        "weights": "baremetal_sglang_weights_complete",
    }
    if watched.gpus:
        sources["dcgm-exporter"] = "DCGM_FI_DEV_XID_ERRORS"
    if watched.rdma:
        sources["infiniband"] = "node_infiniband_state_id"
    absent = (
        f'label_replace(absent({metric}), "source", "{name}", "", "")'
        for name, metric in sources.items()
    )
    return Rule(
        name="SGLangMetricsMissing",
        severity=WARNING,
        expression=" or ".join(f"max by (source) ({each})" for each in absent),
        seconds=int(watched.thresholds["scrape_seconds"]),
        summary="{{ $labels.source }}: Prometheus has none of its metrics",
        impact="Alerts that are made from these metrics cannot fire, whatever happens.",
        steps=(
            "kube-state-metrics, node-exporter, dcgm-exporter: see whether this Prometheus scrapes"
            " them.",
            "weights: does the node exporter of the serving hosts read"
            " /var/lib/prometheus/node-exporter (--collector.textfile.directory)?",
            "infiniband: is the node exporter's collector of that name on, and do hosts have the"
            " devices?",
        ),
    )
