# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every key of an intent file: its kind, the guide's value, and what it becomes.

The deployment guide writes the keys of C(communication) and C(load_balancing) that its own file
has. What it asks for elsewhere, in prose, in a Deployment, a HorizontalPodAutoscaler and a
ServiceMonitor, has names of ours here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import (
    STRATEGIES,
    Outcome,
    all_reduce,
    buffer_size,
    compression,
    metrics_path,
    metrics_port,
    mixed_precision,
    parallel,
    protocol,
    strategy,
    topology_file,
    unmapped,
    update_interval,
    zero_copy,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_values import (
    BYTES,
    COUNT,
    COUNT_OR_AUTO,
    FORMATS,
    LATENCY,
    PERCENTAGE,
    PORT,
    SECONDS,
    SWITCH,
    TEXT,
    Kind,
    words_of,
)


@dataclass(frozen=True)
class Key:
    """One key. C(example) is what the guide asks for, C(guide_name) says that the name is its own.

    C(outcome) takes the parsed value and all parsed values of the file.
    """

    kind: Kind
    example: Any
    outcome: Callable[[Any, Mapping[str, Any]], Outcome]
    guide_name: bool = False


_PODS = "The layout says how many pods an engine has: one for each host, with the GPUs it takes."
_SCALING = (
    "The plan places each engine on hosts by name; another engine is another plan. A"
    " HorizontalPodAutoscaler would ask for hosts that nobody planned."
)
_ALERTS = (
    "An alert is a rule of Prometheus; neither the engine nor the router raises one."
    " site_monitoring hands it on, site_alert_thresholds has its number."
)

KEYS: Mapping[str, Key] = {
    "communication.protocol": Key(words_of("RDMA", "TCP"), "RDMA", protocol, True),
    "communication.buffer_size": Key(BYTES, "256MB", buffer_size, True),
    "communication.compression": Key(SWITCH, True, compression, True),
    "communication.zero_copy": Key(SWITCH, True, zero_copy),
    "communication.all_reduce": Key(words_of("auto", "ring"), "ring", all_reduce),
    "load_balancing.strategy": Key(words_of(*STRATEGIES), "least_connections", strategy, True),
    "load_balancing.update_interval": Key(SECONDS, "5s", update_interval, True),
    "topology.file": Key(TEXT, "topology.yml", topology_file),
    "precision.mixed": Key(FORMATS, "FP16+FP8", mixed_precision),
    "parallelism.data": Key(
        COUNT_OR_AUTO,
        "auto",
        parallel("groups", "Data parallelism over hosts is a number of engines behind the router."),
    ),
    "parallelism.pipeline": Key(
        COUNT_OR_AUTO,
        "auto",
        parallel("pipeline_parallel", "The engine's --pp-size, of each engine."),
    ),
    "parallelism.tensor": Key(
        COUNT_OR_AUTO,
        "auto",
        parallel("tensor_parallel", "The engine's --tp-size, of each engine."),
    ),
    "deployment.image": Key(
        TEXT,
        "deepseek-r1:671b-sgl",
        unmapped(
            "The image is the catalogue's, in the version that it pins, and holds no weights."
        ),
    ),
    "deployment.replicas": Key(COUNT, 4, unmapped(_PODS)),
    "deployment.gpus_per_replica": Key(COUNT, 4, unmapped(_PODS)),
    "autoscaling.min_replicas": Key(COUNT, 2, unmapped(_SCALING)),
    "autoscaling.max_replicas": Key(COUNT, 10, unmapped(_SCALING)),
    "autoscaling.metric": Key(
        TEXT,
        "nvidia.com/gpu",
        unmapped("Kubernetes measures cpu and memory as resource metrics, and no other resource."),
    ),
    "autoscaling.target": Key(PERCENTAGE, 70, unmapped(_SCALING)),
    "monitoring.path": Key(words_of("/metrics"), "/metrics", metrics_path),
    "monitoring.port": Key(PORT, "metrics", metrics_port),
    "monitoring.interval": Key(
        SECONDS,
        "15s",
        unmapped(
            "Prometheus asks; the engine has no setting for it. site_monitoring_interval_seconds is"
            " the interval of its scrapes."
        ),
    ),
    "alerts.gpu_memory": Key(
        PERCENTAGE,
        85,
        unmapped(
            f"{_ALERTS} The engine fills its GPUs on purpose, so this one would always stand;"
            " the share of the KV cache in use is watched (kv_cache_share)."
        ),
    ),
    "alerts.gpu_memory_for": Key(SECONDS, "5m", unmapped(_ALERTS)),
    "alerts.latency_p99": Key(
        LATENCY,
        "500ms",
        unmapped(
            f"{_ALERTS} The time to the first token is watched (first_token_seconds): that of a"
            " whole answer is the length of the answer."
        ),
    ),
    "alerts.restarts_per_day": Key(COUNT, 3, unmapped(_ALERTS)),
}
SECTIONS = tuple(dict.fromkeys(path.split(".")[0] for path in KEYS))


def example() -> dict[str, dict[str, Any]]:
    """A file with each key as the guide asks for it."""
    document: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for path, key in KEYS.items():
        section, name = path.split(".")
        document[section][name] = key.example
    return document
