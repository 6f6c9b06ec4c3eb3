# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts on what the router says of itself and of the engines behind it."""

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


def router_rules(watched: Watched) -> Iterator[Rule]:
    """No engine, an engine that is down, answers that are errors; nothing without a router."""
    if watched.routers:
        yield _without_engines(watched)
        yield _engine_down(watched)
        yield _errors(watched)


def _without_engines(watched: Watched) -> Rule:
    """A router that has not found any engine yet has no series of their health."""
    alive = f"up{{{watched.router}}} == 1"
    healthy = f"max by (namespace, pod) (smg_worker_health{{{watched.router}}}) == 1"
    return Rule(
        name="SGLangRouterWithoutEngines",
        severity=CRITICAL,
        expression=f"max by (namespace, pod) ({alive}) unless on (namespace, pod) ({healthy})",
        seconds=60,
        summary="{{ $labels.pod }}: no engine behind this router is healthy",
        impact="Clients of this router get 503.",
        steps=(
            "See SGLangRankNotReady: do the groups run?",
            "They do: kubectl -n {{ $labels.namespace }} logs {{ $labels.pod }} says which leader"
            " it asked and what came back.",
            "Only one of several routers: delete its pod, the others go on.",
        ),
    )


def _engine_down(watched: Watched) -> Rule:
    health = f"smg_worker_health{{{watched.router}}}"
    return Rule(
        name="SGLangRouterEngineDown",
        severity=WARNING,
        expression=f"max by (namespace, worker) ({health}) == 0",
        seconds=watched.starting_seconds,
        summary="{{ $labels.worker }}: no router finds this engine healthy",
        impact="The other groups answer for it, with less room.",
        steps=(
            "See SGLangRankNotReady and SGLangEngineStuck for the group.",
            "The group is ready: ask its /health from a router's node; it makes a token and takes a"
            " second at least.",
        ),
    )


def _errors(watched: Watched) -> Rule:
    errors = f'rate(smg_http_responses_total{{status_code=~"5..",{watched.router}}}[5m])'
    all_of_them = f"rate(smg_http_responses_total{{{watched.router}}}[5m])"
    share = f"sum by (namespace) ({errors}) / sum by (namespace) ({all_of_them})"
    return Rule(
        name="SGLangRouterErrors",
        severity=CRITICAL,
        expression=f"{share} > {watched.thresholds['router_error_share']}",
        seconds=300,
        summary="{{ $value | humanizePercentage }} of the routers' answers are errors",
        impact="Clients see errors although the router tried other engines.",
        steps=(
            "Split it by status_code and error_code of smg_http_responses_total.",
            "503: see SGLangRouterWithoutEngines. Others: smg_router_upstream_responses_total says"
            " whether engines sent them.",
        ),
    )
