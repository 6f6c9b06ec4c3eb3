# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prefill and decode as engines of their own, each with a layout of its own size.

The hosts are split in two parts; on one host its GPUs are. For each split both parts get the layout
that the objective wants among those that fit together, and the best split is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Considered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Ports
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    PREFILL,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_pairs import (
    Choose,
    Option,
    best_pair,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.role_rules import (
    disaggregation_faults,
    disaggregation_warnings,
    shared_devices,
    shared_fabric,
)

# server_args.py: --disaggregation-transfer-backend and its default, and the default port.
TRANSFER_BACKEND = "mooncake"
BOOTSTRAP_PORT = 8998


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
    """The hosts do not carry disaggregation, or no split of them has a layout for both roles.

    C(disaggregation_faults) are all reasons, sorted.
    """

    def __init__(self, inventory: str, faults: Sequence[Fault]) -> None:
        super().__init__(f"disaggregation on {inventory}", [fault.line() for fault in faults])
        self.disaggregation_faults = ordered(faults)


def disaggregate(
    request: Request,
    *,
    choose: Choose,
    ports: Ports,
    transport: str = "",
    bootstrap_port: int = BOOTSTRAP_PORT,
) -> Disaggregation:
    """The best layout in two roles for C(request).

    C(choose) finds the layouts of one role, which C(constraints.serving_mode) names then, on some
    hosts, and raises C(InputError) where there is none. C(transport) is what an intent file asks
    for. Constraints of sizes and groups hold for each role. Raises C(DisaggregationError) with all
    reasons.
    """
    nodes = tuple(node for node in request.nodes if node.gpus)
    faults = disaggregation_faults(
        nodes, transport=transport, ports=ports, bootstrap_port=bootstrap_port
    )
    if faults:
        raise DisaggregationError(request.inventory, faults)
    fabric = shared_fabric(nodes)
    pair, reasons = best_pair(replace(request, nodes=nodes), choose, fabric)
    if pair is None:
        raise DisaggregationError(request.inventory, reasons)
    return Disaggregation(
        prefill=_role(PREFILL, pair.prefill, fabric, bootstrap_port),
        decode=_role(DECODE, pair.decode, fabric, bootstrap_port),
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


def _role(name: str, option: Option, fabric: str, bootstrap_port: int) -> Role:
    devices = shared_devices(option.nodes, fabric)
    return Role(
        name=name,
        considered=option.considered,
        nodes=option.nodes,
        devices=devices,
        arguments=role_arguments(name, devices, bootstrap_port=bootstrap_port),
    )
