# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All alerts, in the groups in which Prometheus evaluates them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.engine import (
    engine_rules,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.gpus import (
    gpu_rules,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.nodes import (
    node_rules,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.pods import (
    pod_rules,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.router import (
    router_rules,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import Rule
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.targets import (
    target_rules,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    Watched,
)

GROUPS: Mapping[str, Callable[[Watched], Iterator[Rule]]] = {
    "sglang-engine": engine_rules,
    "sglang-router": router_rules,
    "sglang-pods": pod_rules,
    "sglang-targets": target_rules,
    "sglang-nodes": node_rules,
    "sglang-gpus": gpu_rules,
}


def alert_groups(watched: Watched) -> dict[str, tuple[Rule, ...]]:
    """Rules by the name of their group, without groups that have none."""
    made = {name: tuple(rules(watched)) for name, rules in GROUPS.items()}
    return {name: rules for name, rules in made.items() if rules}
