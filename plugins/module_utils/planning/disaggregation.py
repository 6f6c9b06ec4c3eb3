# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prefill and decode as engines of their own, each with a layout of its own size.

The hosts are split in two parts; on one host its GPUs are. For each split both parts get the layout
that the objective wants among those that fit together, and the best split is taken.

Memory figures are those of a unified engine. Prefill captures no graphs of decode, and decode keeps
no room for prompts (server_args.py), so each engine has more KV cache than is said here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Callable, Optional, Protocol

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Considered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Ports
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    PREFILL,
    UNIFIED,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_rules import (
    UNIFIED_INSTEAD,
    disaggregation_faults,
    disaggregation_warnings,
    fit_together,
    shared_devices,
    shared_fabric,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_scores import (
    SCORES,
    Score,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_splits import (
    Split,
    splits_of,
)

# server_args.py: --disaggregation-transfer-backend and its default, and the default port.
TRANSFER_BACKEND = "mooncake"
BOOTSTRAP_PORT = 8998


class Chosen(Protocol):
    """What choose() returns: every layout that works."""

    @property
    def ranked(self) -> tuple[Considered, ...]:
        """Best first."""


Choose = Callable[[Request], Chosen]


@dataclass(frozen=True)
class Role:
    """The engines of one role: layout, the hosts (with the GPUs) they may take, RDMA devices.

    C(arguments) are those beside the layout's.
    """

    name: str
    considered: Considered
    nodes: tuple[Node, ...]
    devices: tuple[str, ...]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Disaggregation:
    """A layout in two roles. C(bootstrap_port) is opened by rank 0 of each prefill engine."""

    prefill: Role
    decode: Role
    bootstrap_port: int
    warnings: tuple[str, ...]


class DisaggregationError(InputError):
    """The hosts do not carry disaggregation, or no split has a layout; C(faults) say why."""

    def __init__(self, inventory: str, faults: Sequence[Fault]) -> None:
        super().__init__(f"disaggregation on {inventory}", [fault.line() for fault in faults])
        self.disaggregation_faults = ordered(faults)


@dataclass(frozen=True)
class _Refusal:
    role: str
    nodes: tuple[Node, ...]
    reason: str


@dataclass(frozen=True)
class _Pair:
    split: Split
    prefill: Considered
    decode: Considered
    score: float


def disaggregate(
    request: Request,
    *,
    choose: Choose,
    ports: Ports,
    transport: str = "",
    bootstrap_port: int = BOOTSTRAP_PORT,
) -> Disaggregation:
    """The best layout in two roles for C(request).

    C(choose) finds the layouts of one role on some hosts and raises C(InputError) where there is
    none. C(transport) is what an intent file asks for. Constraints of sizes and groups hold for
    each role. Raises C(DisaggregationError) with all reasons.
    """
    nodes = tuple(node for node in request.nodes if node.gpus)
    faults = disaggregation_faults(
        nodes, transport=transport, ports=ports, bootstrap_port=bootstrap_port
    )
    if faults:
        raise DisaggregationError(request.inventory, faults)
    fabric = shared_fabric(nodes)
    best = _best_pair(replace(request, nodes=nodes), choose, fabric)
    return Disaggregation(
        prefill=_role(PREFILL, best.prefill, best.split.prefill, (fabric, bootstrap_port)),
        decode=_role(DECODE, best.decode, best.split.decode, (fabric, bootstrap_port)),
        bootstrap_port=bootstrap_port,
        warnings=disaggregation_warnings(nodes),
    )


def role_arguments(
    role: str, devices: Sequence[str], *, bootstrap_port: int = BOOTSTRAP_PORT
) -> tuple[str, ...]:
    """Engine arguments of a role. Decode is given the port too: there it names prefill's."""
    return (
        *("--disaggregation-mode", role),
        *("--disaggregation-transfer-backend", TRANSFER_BACKEND),
        *("--disaggregation-bootstrap-port", str(bootstrap_port)),
        *("--disaggregation-ib-device", ",".join(devices)),
    )


def _role(
    name: str, considered: Considered, nodes: tuple[Node, ...], network: tuple[str, int]
) -> Role:
    fabric, port = network
    devices = shared_devices(nodes, fabric)
    return Role(
        name=name,
        considered=considered,
        nodes=nodes,
        devices=devices,
        arguments=role_arguments(name, devices, bootstrap_port=port),
    )


def _best_pair(request: Request, choose: Choose, fabric: str) -> _Pair:
    best: Optional[_Pair] = None
    refusals: list[_Refusal] = []
    splits = [split for split in splits_of(request.nodes) if _connected(split, fabric)]
    for split in splits:
        pair = _pair(request, split, choose, refusals)
        if pair and (best is None or pair.score > best.score):
            best = pair
    if best is None:
        raise DisaggregationError(request.inventory, list(_reasons(request, splits, refusals)))
    return best


def _connected(split: Split, fabric: str) -> bool:
    return all(shared_devices(split.nodes(role), fabric) for role in (PREFILL, DECODE))


def _pair(
    request: Request,
    split: Split,
    choose: Choose,
    refusals: list[_Refusal],
) -> Optional[_Pair]:
    ranked: dict[str, tuple[Considered, ...]] = {}
    constraints = replace(request.constraints, serving_mode=UNIFIED)
    for role in (PREFILL, DECODE):
        part = replace(request, nodes=split.nodes(role), constraints=constraints)
        try:
            ranked[role] = choose(part).ranked
        except InputError as error:
            refusals.append(_Refusal(role, part.nodes, error.details["faults"][0]))
    if len(ranked) < 2:
        return None
    score = SCORES[request.objective]
    pairs = [
        _Pair(split, prefill, decode, score.of(request, prefill, decode))
        for prefill in _leaders(ranked[PREFILL], PREFILL, request, score)
        for decode in _leaders(ranked[DECODE], DECODE, request, score)
        if fit_together(prefill.candidate, decode.candidate)
    ]
    return max(pairs, key=lambda pair: pair.score, default=None)


def _leaders(
    ranked: Sequence[Considered], role: str, request: Request, score: Score
) -> list[Considered]:
    """The best layout of a role among those that fit the same other layouts: no other can win."""
    best: dict[tuple[object, ...], Considered] = {}
    for considered in ranked:
        candidate = considered.candidate
        kin = (
            candidate.weight_format,
            candidate.speculative,
            candidate.pipeline_parallel,
            candidate.tensor_parallel // candidate.attention_data_parallel,
        )
        if kin not in best or score.of_role(request, role, considered) > score.of_role(
            request, role, best[kin]
        ):
            best[kin] = considered
    return list(best.values())


def _reasons(
    request: Request, splits: Sequence[Split], refusals: Sequence[_Refusal]
) -> Iterator[Fault]:
    if not splits:
        yield Fault(
            code="disaggregation_devices_differ",
            where="the group serving",
            found="no split of the hosts whose parts each share the name of an RDMA device",
            needed="the same device name on all hosts of a role: its engine takes one list",
            fix=f"name the RDMA devices alike on all hosts, {UNIFIED_INSTEAD}",
        )
        return
    refused = {
        role: [refusal for refusal in refusals if refusal.role == role]
        for role in (PREFILL, DECODE)
    }
    never = [role for role, found in refused.items() if len(found) == len(splits)]
    for role in never:
        largest = max(refused[role], key=lambda refusal: _gpus(refusal.nodes))
        yield Fault(
            code="disaggregation_no_layout",
            where=f"{role} on {_gpus(largest.nodes)} of {_gpus(request.nodes)} GPUs",
            found=largest.reason,
            needed="a layout for each role, on GPUs of its own",
            fix=f"add hosts, {UNIFIED_INSTEAD}",
        )
    if not never:
        yield Fault(
            code="disaggregation_no_pair",
            where=f"{_gpus(request.nodes)} GPUs in {len(splits)} splits",
            found="no split in which both roles have layouts that fit together",
            needed="one weight format, decode's pipeline size that of prefill or 1, and attention"
            " tensor sizes of which one divides the other",
            fix=f"leave the sizes to the planner, add hosts, {UNIFIED_INSTEAD}",
        )


def _gpus(nodes: Sequence[Node]) -> int:
    return sum(len(node.gpus) for node in nodes)
