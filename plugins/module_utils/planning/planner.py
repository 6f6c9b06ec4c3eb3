# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a question to a plan: layout, places, arguments and environment, or every reason against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.answer import (
    Answer,
    Engine,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.arguments import (
    engine_arguments,
    loader_arguments,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (
    Choice,
    NoLayoutError,
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.disaggregation import (
    Role,
    disaggregate,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.environment import (
    engine_environment,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.explanation import (
    refusals,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.group_names import (
    base_name,
    unified_names,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_intent import (
    Row,
    intent_arguments,
    intent_environment,
    intent_transport_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import Settings
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.kernel_cache import (
    cache_directory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.loader import (
    Load,
    Loader,
    choose_loader,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_format
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.placement import place
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Ports,
    parse_plan,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_document import (
    DISTRIBUTED_PORT,
    SERVING_PORT,
    plan_document,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_text import (
    refused_lines,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rank_resources import (
    RankResources,
    RankShare,
    rank_node,
    rank_resources,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DISAGGREGATED,
    UNIFIED,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.router_arguments import (
    leader_address,
    role_group_names,
    router_arguments,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.transport import transports


@dataclass(frozen=True)
class Question:
    """A request with what else a person said.

    C(intent) and C(rows) are what the guide's configuration file sets and what became of each key;
    C(warnings) are those of reading the facts, C(namespace) is the groups' Kubernetes namespace.
    """

    request: Request
    intent: Settings = field(default_factory=Settings)
    rows: tuple[Row, ...] = ()
    warnings: tuple[str, ...] = ()
    namespace: str = "serving"


def make_plan(question: Question) -> dict[str, Any]:
    """The document of the best plan; the same question gives an equal document.

    Raises C(InputError), or one of its kinds, with every reason where there is no plan.
    """
    request = question.request
    split = request.constraints.serving_mode == DISAGGREGATED
    placed, warnings = _roles(question) if split else _unified(question)
    resources = _resources(request, placed)
    engines = tuple(_with_arguments(question, engine, resources) for engine in placed)
    hosts = _hosts(request, engines)
    spread = max(engine.considered.candidate.hosts for engine in engines)
    candidates = [engine.considered.candidate for engine in engines]
    asked = _with_intent(question, spread if len(engines) == 1 else len(hosts))
    environment = engine_environment(
        asked,
        hosts,
        *candidates,
        rdma_resource=request.rdma_resource,
        cache_path=cache_directory(request.cache_path, request.engine_part, request.engine_version),
    )
    faults = [*environment.faults, *intent_transport_faults(question.intent, hosts, hosts=spread)]
    if faults:
        raise InputError(_subject(request), [fault.line() for fault in ordered(faults)])
    document = plan_document(
        Answer(
            request=request,
            engines=engines,
            environment=environment,
            resources=resources,
            transports=transports(hosts, candidates, environment),
            warnings=(*question.warnings, *warnings, *environment.warnings),
            intent=question.rows,
            router_settings=question.intent.router_arguments,
            router_arguments=_router(question, engines),
        )
    )
    parse_plan(document, source=_subject(request))
    return document


def _unified(question: Question) -> tuple[tuple[Engine, ...], tuple[str, ...]]:
    request = question.request
    hosts = tuple(rank_node(node, request.constraints) for node in request.nodes)
    choice = _chosen(replace(request, nodes=hosts))
    candidate = choice.best.candidate
    engine = Engine(
        role=UNIFIED,
        considered=choice.best,
        placement=place(candidate, choice.nodes, request.model),
        names=unified_names(request.model.name, candidate.groups),
        arguments=(),
        ranked=choice.ranked,
        refused=choice.refused,
    )
    return (engine,), tuple(fault.line() for fault in choice.left_out)


def _chosen(request: Request) -> Choice:
    """The choice, or the error with each refused layout beside its reasons."""
    try:
        return choose(request)
    except NoLayoutError as error:
        error.details["refused"] = list(refused_lines(refusals(error.refused)))
        raise


def _roles(question: Question) -> tuple[tuple[Engine, ...], tuple[str, ...]]:
    found = disaggregate(
        question.request,
        choose=choose,
        ports=Ports(SERVING_PORT, DISTRIBUTED_PORT),
        transport=question.intent.transport,
    )
    roles = (found.prefill, found.decode)
    return tuple(_role(question, role) for role in roles), found.warnings


def _role(question: Question, role: Role) -> Engine:
    request, candidate = question.request, role.considered.candidate
    return Engine(
        role=role.name,
        considered=role.considered,
        placement=place(candidate, role.nodes, request.model),
        names=role_group_names(base_name(request.model.name), role.name, candidate.groups),
        arguments=role.arguments,
        ranked=(role.considered,),
        refused=(),
    )


def _with_arguments(question: Question, engine: Engine, resources: RankResources) -> Engine:
    """The engine with its loader and all arguments: those of the layout, of the loader, of the
    guide's file, a person's own, which win over these, and at last those of the role."""
    request, considered, role = question.request, engine.considered, engine.role
    of_role = replace(request, constraints=replace(request.constraints, serving_mode=role))
    groups = considered.candidate.attention_data_parallel
    loader = _loader(request, engine, resources)
    arguments = (
        *engine_arguments(of_role, considered.candidate, considered.memory),
        *loader_arguments(loader, request.engine_version),
        *intent_arguments(question.intent, role=role, attention_data_parallel=groups),
        *request.extra_arguments,
        *engine.arguments,
    )
    return replace(engine, loader=loader, arguments=arguments)


def _loader(request: Request, engine: Engine, resources: RankResources) -> Loader:
    weight_format = find_format(request.model, engine.considered.candidate.weight_format)
    load = Load(
        checkpoint_bytes=weight_format.checkpoint_bytes,
        shares=_shares(request, [engine]),
        memory_gib=resources.memory_gib,
    )
    return choose_loader(load, request.constraints.weight_loader)


def _with_intent(question: Question, hosts: int) -> Request:
    """The request with the environment of the guide's file, over which a person's own wins."""
    request = question.request
    merged = {**dict(intent_environment(question.intent, hosts=hosts)), **dict(request.overrides)}
    return replace(request, overrides=tuple(sorted(merged.items())))


def _router(question: Question, engines: Sequence[Engine]) -> tuple[str, ...]:
    """Arguments of a router in front of the groups, where there is something to route."""
    settings = question.intent.router_arguments
    addresses = {
        engine.role: [
            leader_address(name, namespace=question.namespace, port=SERVING_PORT)
            for name in engine.names
        ]
        for engine in engines
    }
    several = sum(len(urls) for urls in addresses.values()) > 1
    return router_arguments(addresses, settings) if several or settings else ()


def _hosts(request: Request, engines: Sequence[Engine]) -> tuple[Node, ...]:
    names = {share.node.name for share in _shares(request, engines)}
    return tuple(node for node in request.nodes if node.name in names)


def _resources(request: Request, engines: Sequence[Engine]) -> RankResources:
    load = max(engine.considered.cost.load_seconds for engine in engines)
    return rank_resources(_shares(request, engines), request.constraints, load)


def _shares(request: Request, engines: Sequence[Engine]) -> list[RankShare]:
    nodes = {node.name: node for node in request.nodes}
    return [
        RankShare(nodes[rank.host], len(rank.gpus))
        for engine in engines
        for group in engine.placement.groups
        for rank in group
    ]


def _subject(request: Request) -> str:
    return f"plan of {request.inventory}"
