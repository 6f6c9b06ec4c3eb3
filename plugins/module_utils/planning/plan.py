# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan schema 1: from a document to frozen values, or every fault of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_rules import (
    rule_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_shape import (
    UNIFIED,
    shape_faults,
)


@dataclass(frozen=True)
class Model:
    """The model's name in the catalogue and the format of its weights (bfloat16, fp8 ...)."""

    name: str
    format: str


@dataclass(frozen=True)
class Layout:
    """Sizes of the parallel dimensions of one engine group.

    With C(--enable-dp-attention) C(data_parallel) is the number of attention groups; engine
    versions with C(--attn-dp-size) have it in C(attention_data_parallel).
    """

    tensor_parallel: int
    pipeline_parallel: int
    data_parallel: int
    expert_parallel: int = 1
    attention_data_parallel: int = 1


@dataclass(frozen=True)
class Rank:
    """One engine process group on one host, with the indexes of the GPUs it takes there."""

    rank: int
    host: str
    gpus: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """The ranks that form one engine, in order of rank.

    C(role) is V(unified), V(prefill) or V(decode). C(layout) is the group's own where it differs
    from the plan's, C(arguments) follow those of the plan.
    """

    name: str
    ranks: tuple[Rank, ...]
    role: str = UNIFIED
    layout: Optional[Layout] = None
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ports:
    """TCP ports inside the pods: the OpenAI endpoint and the ranks' rendezvous."""

    serving: int
    distributed: int


@dataclass(frozen=True)
class Resources:
    """What each rank requests: CPU as a Kubernetes quantity, memory in GiB.

    C(rdma) is the resource of an RDMA device plugin, of which each rank requests one; empty for
    none.
    """

    cpu: str
    memory_gib: int
    rdma: str = ""


@dataclass(frozen=True)
class Plan:
    """Plan schema 1. C(engine_part) names an image of the catalogue.

    C(cache_path) is a directory of each host in which the engine keeps what it compiles, empty for
    none. C(router_arguments) are options with their values that an intent file sets of the router.
    C(racks) holds (host, rack) sorted by host, C(spares) hosts that no rank takes. The
    document's C(explanation) is for people: nothing that is built from a plan reads it.
    """

    inventory: str
    model: Model
    engine_part: str
    layout: Layout
    groups: tuple[Group, ...]
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    ports: Ports
    resources: Resources
    shared_memory_mib: int
    startup_seconds: int
    cache_path: str = ""
    router_arguments: tuple[str, ...] = ()
    racks: tuple[tuple[str, str], ...] = ()
    spares: tuple[str, ...] = ()

    @property
    def ranks(self) -> tuple[Rank, ...]:
        """The ranks of all groups."""
        return tuple(rank for group in self.groups for rank in group.ranks)


class PlanError(InputError):
    """The document is not a plan; C(plan_faults) holds every reason."""

    def __init__(self, source: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(source, [fault.line() for fault in faults])
        self.plan_faults = faults


def parse_plan(document: object, *, source: str = "plan") -> Plan:
    """Check and parse a plan of schema 1.

    C(document) is the loaded YAML, C(source) the name that faults give for it.
    Raises C(PlanError) with all faults, sorted.
    """
    faults = shape_faults(document, source)
    if isinstance(document, Mapping):
        faults += rule_faults(document, source, faults)
    if faults or not isinstance(document, Mapping):
        raise PlanError(source, ordered(faults))
    return _build(document)


def _build(document: Mapping[str, Any]) -> Plan:
    return Plan(
        inventory=document["inventory"],
        model=Model(**document["model"]),
        engine_part=document["engine"]["part"],
        layout=Layout(**document["layout"]),
        groups=tuple(_group(group, document["layout"]) for group in document["groups"]),
        arguments=tuple(document["arguments"]),
        environment=tuple(sorted(document["environment"].items())),
        ports=Ports(**document["ports"]),
        resources=Resources(**document["resources"]),
        shared_memory_mib=document["shared_memory_mib"],
        startup_seconds=document["startup_seconds"],
        cache_path=document.get("cache_path", ""),
        router_arguments=tuple(document.get("router_arguments", ())),
        racks=tuple(sorted(document.get("racks", {}).items())),
        spares=tuple(document.get("spares", ())),
    )


def _group(group: Mapping[str, Any], layout: Mapping[str, Any]) -> Group:
    ranks = sorted(group["ranks"], key=lambda rank: int(rank["rank"]))
    return Group(
        name=group["name"],
        ranks=tuple(Rank(r["rank"], r["host"], tuple(r["gpus"])) for r in ranks),
        role=group.get("role", UNIFIED),
        layout=Layout(**{**layout, **group["layout"]}) if "layout" in group else None,
        arguments=tuple(group.get("arguments", ())),
    )
