# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules across the keys of a plan: ranks, names, racks and reserved arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.kernel_cache import (
    CACHE_MOUNT,
    in_cache,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_layout import (
    layout_arguments,
    layout_divides,
    layout_size,
)

# Options of `sglang.launch_server` that the manifests write from the plan's other keys.
# argparse also takes an unambiguous beginning of an option, so --dist-init sets it as well.
RESERVED_ARGUMENTS: Mapping[str, str] = {
    "--model-path": "model.name",
    "--model": "model.name",
    "--served-model-name": "model.name",
    "--host": "the pod's address",
    "--port": "ports.serving",
    "--nnodes": "the number of ranks",
    "--node-rank": "groups[].ranks[].rank",
    "--dist-init-addr": "ports.distributed",
    "--nccl-init-addr": "ports.distributed",
}
SHORTEST_PREFIX = len("--xx")

Rule = Callable[[Mapping[str, Any], str], "list[Fault]"]


def rule_faults(document: Mapping[str, Any], source: str, shape: Sequence[Fault]) -> list[Fault]:
    """Faults of each rule whose keys have the right shape."""
    broken = {_top_key(fault, source) for fault in shape}
    faults: list[Fault] = []
    for keys, rule in _RULES:
        if all(key in document and key not in broken for key in keys):
            faults += rule(document, source)
    return faults


def _top_key(fault: Fault, source: str) -> str:
    path = fault.where[len(source) :].lstrip(": ")
    return path.split(".")[0].split("[")[0]


def _reserved_arguments(document: Mapping[str, Any], source: str) -> list[Fault]:
    return list(_reserved_among(document["arguments"], f"{source}: arguments"))


def _reserved_group_arguments(document: Mapping[str, Any], source: str) -> list[Fault]:
    return [
        fault
        for index, group in enumerate(document["groups"])
        for fault in _reserved_among(
            group.get("arguments", []), f"{source}: groups[{index}].arguments"
        )
    ]


def _reserved_among(arguments: Sequence[str], place: str) -> Iterator[Fault]:
    for index, argument in enumerate(arguments):
        option = argument.split("=")[0]
        reserved = _reserved(option)
        if reserved:
            yield Fault(
                code="reserved_argument",
                where=f"{place}[{index}]",
                found=argument,
                needed=f"no {reserved}: it comes from {RESERVED_ARGUMENTS[reserved]}",
                fix=f"remove {option} and its value from arguments",
            )


def _reserved(option: str) -> str:
    if option in RESERVED_ARGUMENTS:
        return option
    if not option.startswith("--") or len(option) < SHORTEST_PREFIX:
        return ""
    return next((name for name in RESERVED_ARGUMENTS if name.startswith(option)), "")


def _rank_numbers(document: Mapping[str, Any], source: str) -> list[Fault]:
    faults = []
    for index, group in enumerate(document["groups"]):
        found = sorted(rank["rank"] for rank in group["ranks"])
        if found != list(range(len(found))):
            faults.append(
                Fault(
                    code="rank_gap",
                    where=f"{source}: groups[{index}].ranks",
                    found=f"ranks {_numbers(found)}",
                    needed=f"ranks {_numbers(range(len(found)))}, each once",
                    fix="number the ranks of the group from 0 without a gap",
                )
            )
    return faults


def _hosts_once(document: Mapping[str, Any], source: str) -> list[Fault]:
    faults = []
    for index, group in enumerate(document["groups"]):
        counts = Counter(rank["host"] for rank in group["ranks"])
        faults += [
            Fault(
                code="host_twice_in_group",
                where=f"{source}: groups[{index}].ranks",
                found=f"host {host} for {count} ranks",
                needed="each host once in a group",
                fix=f"keep one rank on {host} and give it all its GPUs",
            )
            for host, count in sorted(counts.items())
            if count > 1
        ]
    return faults


def _gpus_once(document: Mapping[str, Any], source: str) -> list[Fault]:
    taken = Counter(
        (rank["host"], gpu)
        for group in document["groups"]
        for rank in group["ranks"]
        for gpu in rank["gpus"]
    )
    return [
        Fault(
            code="gpu_twice",
            where=f"{source}: groups",
            found=f"GPU {gpu} of host {host} given {count} times",
            needed="each GPU of a host at most once in the plan",
            fix=f"give GPU {gpu} of {host} to one rank only",
        )
        for (host, gpu), count in sorted(taken.items())
        if count > 1
    ]


def _group_names(document: Mapping[str, Any], source: str) -> list[Fault]:
    counts = Counter(group["name"] for group in document["groups"])
    return [
        Fault(
            code="group_name_twice",
            where=f"{source}: groups",
            found=f"{count} groups named {name}",
            needed="one name for each group",
            fix=f"rename all groups but one of {name}",
        )
        for name, count in sorted(counts.items())
        if count > 1
    ]


def _ports_differ(document: Mapping[str, Any], source: str) -> list[Fault]:
    ports = document["ports"]
    if ports["serving"] != ports["distributed"]:
        return []
    return [
        Fault(
            code="plan_ports_equal",
            where=f"{source}: ports",
            found=f"serving and distributed are both {ports['serving']}",
            needed="two different ports, since both are opened in the leader's pod",
            fix="change ports.distributed",
        )
    ]


def _cache_mounted(document: Mapping[str, Any], source: str) -> list[Fault]:
    """The engine's root file system is read-only: a cache that is not mounted cannot be made."""
    below = sorted(name for name, value in document["environment"].items() if in_cache([value]))
    if "cache_path" in document and not below:
        return [
            Fault(
                code="cache_not_used",
                where=f"{source}: cache_path",
                found=f"no variable that lies in {CACHE_MOUNT}, where it is mounted",
                needed="variables of the environment that name directories there",
                fix="add them, or remove cache_path",
            )
        ]
    return [
        Fault(
            code="cache_not_mounted",
            where=f"{source}: environment.{name}",
            found=f"{document['environment'][name]} without a cache_path",
            needed=f"a directory of the hosts that is mounted at {CACHE_MOUNT}",
            fix=f"add cache_path (a made plan has it from site_cache_path), or remove {name}",
        )
        for name in below
        if "cache_path" not in document
    ]


def _racks_whole(document: Mapping[str, Any], source: str) -> list[Fault]:
    racks = document["racks"]
    hosts = {rank["host"] for group in document["groups"] for rank in group["ranks"]}
    return [
        Fault(
            code="rank_without_rack",
            where=f"{source}: racks",
            found=f"no rack of {host}, which has a rank",
            needed="the rack of each host with a rank, or no racks at all",
            fix=f"add {host} to racks",
        )
        for host in sorted(hosts - set(racks))
        if racks
    ]


def _spares_free(document: Mapping[str, Any], source: str) -> list[Fault]:
    hosts = {rank["host"] for group in document["groups"] for rank in group["ranks"]}
    return [
        Fault(
            code="spare_with_rank",
            where=f"{source}: spares",
            found=f"{host}, which has a rank",
            needed="hosts without a rank",
            fix=f"remove {host} from spares, or its rank",
        )
        for host in sorted(hosts & set(document["spares"]))
    ]


def _numbers(values: Sequence[int]) -> str:
    return ", ".join(str(value) for value in values)


_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("arguments",), _reserved_arguments),
    (("groups",), _reserved_group_arguments),
    (("groups",), _rank_numbers),
    (("groups",), _hosts_once),
    (("groups",), _gpus_once),
    (("groups",), _group_names),
    (("groups", "layout", "arguments"), layout_size),
    (("groups", "layout", "arguments"), layout_arguments),
    (("groups", "layout", "arguments"), layout_divides),
    (("ports",), _ports_differ),
    (("environment",), _cache_mounted),
    (("groups", "racks"), _racks_whole),
    (("groups", "spares"), _spares_free),
)
