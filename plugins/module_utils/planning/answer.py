# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that the planner decided, before it becomes a document."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_intent import Row
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Considered,
    Refused,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.loader import (
    ENGINE_DEFAULT,
    Loader,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.placement import (
    Placement,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rank_resources import (
    RankResources,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings import (
    Environment,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.transport import Transport


@dataclass(frozen=True)
class Engine:
    """The equal groups of one role: V(unified), or V(prefill) and V(decode).

    C(names) are the groups' names in the order of C(placement). C(ranked) are the layouts that
    work, best first, C(refused) those that do not. C(loader) is how the weights are read.
    """

    role: str
    considered: Considered
    placement: Placement
    names: tuple[str, ...]
    arguments: tuple[str, ...]
    ranked: tuple[Considered, ...]
    refused: tuple[Refused, ...]
    loader: Loader = ENGINE_DEFAULT


@dataclass(frozen=True)
class Answer:
    """The planner's answer to a request.

    C(intent) are the rows of the guide's configuration file, C(router_settings) what it sets of the
    router, C(router_arguments) all of the router in front of the groups.
    """

    request: Request
    engines: tuple[Engine, ...]
    environment: Environment
    resources: RankResources
    transports: tuple[Transport, ...]
    warnings: tuple[str, ...]
    intent: tuple[Row, ...] = ()
    router_settings: tuple[str, ...] = ()
    router_arguments: tuple[str, ...] = ()
