# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the alerts watch: the series that are ours among all that a Prometheus has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.thresholds import (
    Number,
)

ENGINE_MONITOR = "sglang-engine"
ROUTER_MONITOR = "sglang-router"


@dataclass(frozen=True)
class Watched:
    """Groups of a plan and what stands around them.

    C(ranks) is the number of pods of all groups, C(routers) that of routers, 0 for none;
    C(startup_seconds) is what a group may take to be ready. C(gpus) and C(rdma) say whether ranks
    have such devices.
    """

    namespace: str
    groups: tuple[str, ...]
    ranks: int
    routers: int
    startup_seconds: int
    gpus: bool
    rdma: bool
    thresholds: Mapping[str, Number]

    @property
    def engine(self) -> str:
        """Matchers of the ranks' own series: a PodMonitor's targets have its name as their job."""
        return f'job="{self.namespace}/{ENGINE_MONITOR}"'

    @property
    def router(self) -> str:
        """Matchers of the routers' own series."""
        return f'job="{self.namespace}/{ROUTER_MONITOR}"'

    @property
    def pods(self) -> str:
        """Matchers of what kube-state-metrics says of the ranks' pods, GROUP-N and GROUP-N-RANK."""
        names = "|".join(self.groups)
        return f'namespace="{self.namespace}",pod=~"({names})-[0-9]+(-[0-9]+)?"'

    @property
    def starting_seconds(self) -> int:
        """How long a group may be down while it starts: its budget and a quarter."""
        return self.startup_seconds + self.startup_seconds // 4
