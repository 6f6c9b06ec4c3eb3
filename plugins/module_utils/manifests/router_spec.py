# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the router in front of a plan's groups is: parsed once, all faults reported together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.object_faults import (
    image_faults,
    namespace_faults,
    node_port_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.router_arguments import (
    SETTINGS,
    planned_router_arguments,
)

METRICS_OPTION = "--prometheus-port"
METRICS_PORT = 29000
"""The router's own default (router_args.py of smg)."""

PORTS = {"serving": 30000, "health": 30001}
"""The router's own default, and one for probes: served by threads that requests do not share."""


@dataclass(frozen=True)
class RouterSpec:
    """A Deployment of routers. C(arguments) name the leaders; C(node_port) 0 is none.

    C(keys_version) is the resourceVersion of the keys that the routers have read, if it is known.
    """

    namespace: str
    image: str
    replicas: int
    arguments: tuple[str, ...]
    node_port: int
    keys_version: str = ""

    @property
    def metrics_port(self) -> int:
        """The port of the metrics, which an intent file may set."""
        given = dict(zip(self.arguments, self.arguments[1:]))
        return int(given.get(METRICS_OPTION, METRICS_PORT))

    @classmethod
    def of_plan(
        cls, plan: Plan, *, namespace: str, image: str, replicas: int, node_port: int
    ) -> RouterSpec:
        """The router of a plan's groups. Raises InputError with every fault."""
        faults = [
            *namespace_faults(namespace),
            *image_faults(image),
            *node_port_faults(node_port),
            *_replica_faults(replicas),
            *_setting_faults(plan.router_arguments),
        ]
        if faults:
            raise InputError(f"router of {plan.inventory}", faults)
        arguments = planned_router_arguments(plan, namespace=namespace)
        return cls(namespace, image, replicas, arguments, node_port)


def _replica_faults(replicas: int) -> Iterator[str]:
    if replicas < 1:
        yield f"replicas: found {replicas}, needed 1 or more; with 0 there is no router to make"


def _setting_faults(settings: Sequence[str]) -> Iterator[str]:
    """A plan may be written by hand: no key, and no option that the router is given anyway."""
    if len(settings) % 2:
        yield f"router_arguments: found {len(settings)} words, needed options with a value each"
    for option in settings[::2]:
        if option not in SETTINGS:
            yield f"router_arguments: found {option}, needed one of {', '.join(SETTINGS)}"
    values = dict(zip(settings[::2], settings[1::2]))
    port = values.get(METRICS_OPTION, str(METRICS_PORT))
    if not port.isdigit() or not 1024 <= int(port) <= 65535 or int(port) in PORTS.values():
        yield (
            f"router_arguments: found {METRICS_OPTION} {port}, needed 1024 to 65535 (the router is"
            f" not root) but {' and '.join(map(str, PORTS.values()))}, which it uses itself"
        )
