# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts on what the engine says of itself.

Each stage of a pipeline counts the same requests, so the largest of them is taken; attention groups
(dp_rank) have requests of their own, so these are added.
"""

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

_REPLICA = "namespace, group, replica"


def engine_rules(watched: Watched) -> Iterator[Rule]:
    """Pressure on the KV cache, slow first tokens, a queue that grows, an engine that is stuck."""
    yield _kv_cache(watched)
    yield _first_token(watched)
    yield _queue(watched)
    yield _stuck(watched)


def _requests(metric: str) -> str:
    return f"sum by ({_REPLICA}) (max by ({_REPLICA}, dp_rank) ({metric}))"


def _kv_cache(watched: Watched) -> Rule:
    share, seconds = (watched.thresholds[name] for name in ("kv_cache_share", "kv_cache_seconds"))
    return Rule(
        name="SGLangKVCachePressure",
        severity=WARNING,
        expression=f"max by ({_REPLICA}) (sglang:token_usage{{{watched.engine}}}) > {share}",
        seconds=int(seconds),
        summary="{{ $labels.group }}: the KV cache is {{ $value | humanizePercentage }} full",
        impact=(
            "The engine takes nearly all memory of a GPU when it starts, by design; what can run"
            " out is the KV cache. Over this share requests wait for it, or running ones are"
            " retracted and computed again."
        ),
        steps=(
            "Compare sglang:num_queue_reqs and sglang:num_retracted_reqs: without a queue"
            " and without retractions it is only well used.",
            "Look for prompts that are longer than planned: sglang:prompt_tokens_total over"
            " sglang:num_requests_total.",
            "Plan for more: another group, a smaller context length, or key_value_format"
            " fp8_e4m3 where the GPUs have it.",
        ),
    )


def _first_token(watched: Watched) -> Rule:
    buckets = f"rate(sglang:time_to_first_token_seconds_bucket{{{watched.engine}}}[5m])"
    quantile = f"histogram_quantile(0.99, sum by (namespace, group, le) ({buckets}))"
    return Rule(
        name="SGLangFirstTokenSlow",
        severity=WARNING,
        expression=f"{quantile} > {watched.thresholds['first_token_seconds']}",
        seconds=300,
        summary="{{ $labels.group }}: P99 of the first token is {{ $value | humanizeDuration }}",
        impact=(
            "One request in a hundred waits longer than this for the first word. The time of a"
            " whole answer says how long the answer is, so the first token is watched."
        ),
        steps=(
            "Split it: sglang:queue_time_seconds says how long requests waited, the rest is"
            " prefill.",
            "A queue: see SGLangQueueGrows. Prefill: look for long prompts and a low"
            " sglang:cache_hit_rate.",
            "All slow at once: look at SGLangXid, the clocks of the GPUs and the links.",
        ),
    )


def _queue(watched: Watched) -> Rule:
    seconds = int(watched.thresholds["queue_seconds"])
    queue = f"sglang:num_queue_reqs{{{watched.engine}}}[{seconds}s]"
    never_empty = _requests(f"min_over_time({queue})")
    growing = _requests(f"delta({queue})")
    return Rule(
        name="SGLangQueueGrows",
        severity=WARNING,
        expression=f"{growing} > 0 and {never_empty} > 0",
        seconds=60,
        summary="{{ $labels.group }}: the queue was never empty and is {{ $value }} longer",
        impact="Requests come faster than they are answered, and each waits longer than the last.",
        steps=(
            "See whether all groups have a queue: if one has, look at the router's policy and at"
            " SGLangRouterEngineDown.",
            "See SGLangKVCachePressure: with a full KV cache more requests cannot run.",
            "Add a group, or bound what clients may send.",
        ),
    )


def _stuck(watched: Watched) -> Rule:
    seconds = int(watched.thresholds["stuck_seconds"])
    tokens = f"increase(sglang:realtime_tokens_total{{{watched.engine}}}[{seconds}s])"
    running = _requests(f"sglang:num_running_reqs{{{watched.engine}}}")
    return Rule(
        name="SGLangEngineStuck",
        severity=CRITICAL,
        expression=f"{running} > 0 and sum by ({_REPLICA}) ({tokens}) == 0",
        seconds=60,
        summary="{{ $labels.group }}: {{ $value }} requests run and no token was made",
        impact=(
            "The group answers nobody. The engine's own watchdog ends it after 300 s at the"
            " earliest, then the whole group starts anew."
        ),
        steps=(
            "Read the last lines of every rank: kubectl -n {{ $labels.namespace }} logs"
            " -l leaderworkerset.sigs.k8s.io/name={{ $labels.group }} --prefix --tail=50.",
            "One rank that is silent or behind the others names the host: look at SGLangXid,"
            " SGLangGpuGone and SGLangInfiniBandDown for it.",
            "Start the group anew by deleting its leader's pod, once the logs are kept.",
        ),
    )
