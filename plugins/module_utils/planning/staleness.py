# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan was made from, kept in the plan, and what of it is different now."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node, Rail
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_changes import (
    fields_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    Constraints,
    Request,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import UNKNOWN

GIGABIT = 10**9 / 8
"""Bytes/s of 1 Gb/s."""

GIGABYTE = 10**9


def made_from(request: Request, intent: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """The question and the facts of each host as short texts, and a digest of all of it.

    C(intent) are keys and values of the guide's configuration file.
    """
    given = {
        "model": request.model.name,
        "engine": f"{request.engine_part} {request.engine_version}",
        "objective": request.objective,
        "constraints": _constraints(request.constraints),
        "environment": dict(sorted(request.overrides)),
        "engine_arguments": " ".join(request.extra_arguments),
        "rdma_resource": request.rdma_resource,
        **_cache(request),
        "intent": dict(intent),
        "hosts": {node.name: host_facts(node) for node in request.nodes},
    }
    return {"digest": _digest(given), **given}


def stale_faults(
    recorded: Mapping[str, Any], current: Mapping[str, Any], source: str = "plan"
) -> tuple[Fault, ...]:
    """One fault for each fact that is not as it was when the plan was made.

    C(recorded) is the plan's C(explanation.made_from), C(current) what C(made_from) says now,
    C(source) the plan's path.
    """
    if recorded.get("digest") == current["digest"]:
        return ()
    before, now = _fields(recorded, current), _fields(current, recorded)
    return ordered(
        Fault(
            code="plan_stale",
            where=f"{source}: {path}",
            found=f"{now.get(path, 'nothing')}",
            needed=f"{before.get(path, 'nothing')}, for which the plan was made",
            fix="plan again, or bring back what the plan was made for",
        )
        for path in {*before, *now} - {"digest"}
        if before.get(path) != now.get(path)
    )


def host_facts(node: Node) -> dict[str, str]:
    """What the planner knows of a host, as texts that a person compares."""
    return {
        "rack": node.rack,
        "leaf_switch": node.leaf_switch,
        "gpus": _gpus(node),
        "rails": ", ".join(_rail(rail) for rail in node.rails) or "none",
        "network": f"{node.interface} {node.address}, {_gigabits(node.tcp_rate)}",
        "disk": _disk(node),
        "memory": f"{node.memory_gib} GiB",
        "cores": str(node.cores),
    }


def _disk(node: Node) -> str:
    """The kind of the storage and its rate, each where it is known."""
    kind = node.storage.kind
    rate = f"{node.disk_rate / GIGABYTE:g} GB/s" if node.disk_rate else ""
    return " ".join(filter(None, ("" if kind == UNKNOWN else kind, rate))) or "not known"


def _fields(given: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Facts by path; a host that C(other) lacks is one fact."""
    hosts, known = (_hosts(side) for side in (given, other))
    short = {name: facts if name in known else "a host" for name, facts in hosts.items()}
    return {
        path: value for path, value in fields_of({**given, "hosts": short}).items() if value != {}
    }


def _hosts(given: Mapping[str, Any]) -> Mapping[str, Any]:
    hosts = given.get("hosts")
    return hosts if isinstance(hosts, Mapping) else {}


def _gpus(node: Node) -> str:
    if not node.gpus:
        return "none"
    counts = Counter((gpu.model, gpu.memory_mib) for gpu in node.gpus)
    kinds = [f"{count} x {model} of {memory} MiB" for (model, memory), count in counts.items()]
    near = " ".join(str(gpu.numa_node) for gpu in node.gpus)
    links = [name for name in ("nvlink", "multicast") if getattr(node, name)]
    reach = [node.peer_memory] if node.peer_memory else []
    domain = [f"NVLink domain {node.nvlink_domain}"] if node.nvlink_domain else []
    return "; ".join([*kinds, f"NUMA {near}", *links, *domain, *reach])


def _rail(rail: Rail) -> str:
    gid = "" if rail.gid_index < 0 else f" GID {rail.gid_index}"
    netdev = f" {rail.netdev}" if rail.netdev else ""
    state = "up" if rail.up else "down"
    port = f"{rail.device}:{rail.port}"
    rate = _gigabits(rail.rate)
    return f"{port}{netdev} {rail.link_layer} {rate}{gid} {state} NUMA {rail.numa_node}"


def _gigabits(rate: float) -> str:
    return f"{rate / GIGABIT:g} Gb/s" if rate else "rate not known"


def _cache(request: Request) -> dict[str, str]:
    """What decides something on GPUs alone."""
    on_gpus = any(node.gpus for node in request.nodes)
    return {"cache_path": request.cache_path} if on_gpus else {}


def _constraints(constraints: Constraints) -> dict[str, Any]:
    """Those that are not left to the planner."""
    return dict(_given(constraints))


def _given(constraints: Constraints) -> Iterator[tuple[str, Any]]:
    values = asdict(constraints)
    for field in fields(constraints):
        if values[field.name] != field.default:
            yield field.name, values[field.name]


def _digest(given: Mapping[str, Any]) -> str:
    text = json.dumps(given, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
