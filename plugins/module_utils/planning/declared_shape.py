# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of C(site_hardware) with their kinds and limits, and the faults of a declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Union

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    ETHERNET,
    INFINIBAND,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    STORAGE_KINDS,
)


@dataclass(frozen=True)
class RailSaid:
    """One declared RDMA port; C(rate_gbps) in 10^9 bit/s."""

    device: str
    rate_gbps: float
    port: int = 1
    link_layer: str = INFINIBAND
    netdev: str = ""
    gid_index: int = -1
    up: bool = True
    numa_node: int = 0


@dataclass(frozen=True)
class Hardware:
    """C(site_hardware) with its defaults; what they mean is in the argument spec of role site."""

    gpu: str = ""
    gpus: int = 0
    gpu_memory_mib: int = 0
    nvlink: bool = True
    nvlink_domain: str = ""
    multicast: bool = False
    numa_nodes: int = 1
    rails: tuple[RailSaid, ...] = ()
    peer_memory: str = ""
    interface: str = "eth0"
    tcp_gbps: float = 0.0
    disk_gb_per_second: float = 0.0
    storage: str = ""
    memory_gib: int = 0
    cores: int = 0


Limits = tuple[Union[int, float], Union[int, float]]
# Beyond every host there is: more is a slip of the finger, or another unit.
HARDWARE_LIMITS: Mapping[str, Limits] = {
    "gpus": (0, 64),
    "gpu_memory_mib": (0, 1024 * 1024),
    "numa_nodes": (1, 64),
    "tcp_gbps": (0, 10_000),
    "disk_gb_per_second": (0, 1_000),
    "memory_gib": (0, 64 * 1024),
    "cores": (0, 4096),
}
RAIL_LIMITS: Mapping[str, Limits] = {
    "rate_gbps": (1, 10_000),
    "port": (1, 254),
    "gid_index": (-1, 255),
    "numa_node": (-1, 63),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "link_layer": (INFINIBAND, ETHERNET),
    "peer_memory": ("", "dmabuf", "nvidia_peermem"),
    "storage": ("", *STORAGE_KINDS),
}
KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
}


def parse_hardware(values: Mapping[str, Any], *, host: str) -> tuple[Hardware, tuple[Fault, ...]]:
    """The declared hardware of one host, and all faults; with faults it is the empty one."""
    where = f"site_hardware of {host}"
    plain = {key: value for key, value in values.items() if key != "rails"}
    faults = list(_faults(Hardware, plain, HARDWARE_LIMITS, where))
    rails = values.get("rails", [])
    faults += _rails_faults(rails, where)
    if not faults:
        faults += _gpu_faults(plain, where)
    if faults:
        return Hardware(), tuple(faults)
    return Hardware(**plain, rails=tuple(RailSaid(**rail) for rail in rails)), ()


def _rails_faults(rails: Any, where: str) -> Iterator[Fault]:
    if not isinstance(rails, list) or not all(isinstance(rail, Mapping) for rail in rails):
        yield _invalid(f"{where}: rails", rails, "a list of mappings with device and rate_gbps")
        return
    for at, rail in enumerate(rails):
        yield from _faults(RailSaid, rail, RAIL_LIMITS, f"{where}: rails[{at}]")
    names = [(rail.get("device"), rail.get("port", 1)) for rail in rails]
    for at, name in enumerate(names):
        if name in names[:at]:
            yield _invalid(f"{where}: rails[{at}]", f"{name[0]} again", "each port once")


def _faults(
    kind: Any, values: Mapping[str, Any], limits: Mapping[str, Limits], where: str
) -> Iterator[Fault]:
    known = {field.name: field for field in fields(kind)}
    for key in sorted(str(key) for key in values if key not in known):
        yield Fault(
            code="unknown_hardware_key",
            where=where,
            found=f"key {key}",
            needed=f"keys {', '.join(known)} only",
            fix=rename_fix(key, known),
        )
    for name, field in known.items():
        if name not in values and field.default is MISSING:
            yield _invalid(f"{where}.{name}", "nothing", "a value")
        elif name in values and name != "rails":
            yield from _value_faults(name, str(field.type), values[name], limits, where)


def _value_faults(
    name: str, kind: str, value: Any, limits: Mapping[str, Limits], where: str
) -> Iterator[Fault]:
    """At most one fault: kind, then choice, then limits."""
    is_kind = isinstance(value, KINDS[kind]) and (kind == "bool" or not isinstance(value, bool))
    low, high = limits.get(name, (0, 0))
    if not is_kind:
        yield _invalid(f"{where}.{name}", value, f"a value of type {kind}")
    elif name in CHOICES and value not in CHOICES[name]:
        choices = ", ".join(filter(None, CHOICES[name]))
        yield _invalid(f"{where}.{name}", value, f"one of {choices}")
    elif name in limits and not low <= value <= high:
        yield _invalid(f"{where}.{name}", value, f"{low} to {high}")


def _gpu_faults(values: Mapping[str, Any], where: str) -> Iterator[Fault]:
    """GPUs need a model that the catalogue knows, and a model needs a number of GPUs."""
    model, count = values.get("gpu", ""), values.get("gpus", 0)
    if bool(model) != bool(count):
        yield _invalid(where, f"gpu {model!r}, gpus {count}", "both of gpu and gpus, or neither")
    elif model:
        try:
            find_gpu(model)
        except InputError as error:
            yield Fault(
                code="unknown_gpu",
                where=f"{where}.gpu",
                found=model,
                needed="a GPU model of the catalogue",
                fix=error.details["faults"][0].rpartition("; ")[2],
            )


def _invalid(where: str, found: object, needed: str) -> Fault:
    return Fault(
        code="hardware_invalid",
        where=where,
        found=repr(found),
        needed=needed,
        fix="correct site_hardware",
    )
