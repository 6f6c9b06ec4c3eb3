# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's environment from facts: each value with the fact it came from.

Containers have the pod's network, whose interface the container runtime calls eth0, and the host's
RDMA devices by a resource of an RDMA device plugin with the capability IPC_LOCK, never privileged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (
    Node,
    one_nvlink_domain,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.kernel_cache import (
    cache_settings,
    in_cache,
    mount_setting,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    GIGABIT,
    SLOWEST_FABRIC,
    network_rate,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rank_resources import (
    SHARED_MIB_A_GPU,
    SHARED_MIB_WITHOUT_GPU,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings import (
    PERSON,
    Environment,
    Setting,
    overridden,
    reserved_faults,
    variable,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings_rdma import (
    rdma_faults,
    rdma_settings,
    rdma_warnings,
)

__all__ = ["Environment", "Setting", "engine_environment"]

# What a person sets to leave the RDMA ports alone.
RDMA_OFF = (("NCCL_IB_DISABLE", "1"), ("NCCL_NET", "Socket"))


@dataclass(frozen=True)
class _Case:
    """What there is to decide.

    C(spread): something is sent between hosts by GPUs. C(by_choice): a person turned RDMA off.
    """

    nodes: Sequence[Node]
    gpus_per_host: int
    spread: bool
    by_choice: bool
    resource: str
    cache_path: str

    @property
    def on_gpus(self) -> bool:
        return any(node.gpus for node in self.nodes)

    @property
    def linked(self) -> bool:
        return one_nvlink_domain(self.nodes)

    @property
    def rdma(self) -> bool:
        return self.spread and not self.by_choice and all(node.rails for node in self.nodes)


def engine_environment(
    request: Request,
    nodes: Sequence[Node],
    *candidates: Candidate,
    rdma_resource: str = "",
    cache_path: str = "",
) -> Environment:
    """What the containers of all groups get.

    C(nodes) are the hosts with ranks, C(candidates) the layouts of the groups (several with
    disaggregation). C(rdma_resource) is the resource of the RDMA device plugin that the manifests
    request for each rank, C(cache_path) a directory of the hosts for the kernels that engines on
    GPUs compile; both are empty for none. Overrides of the request win, and faults of what they
    override are left out.
    """
    overrides = dict(request.overrides)
    several = len(candidates) > 1 or any(candidate.hosts > 1 for candidate in candidates)
    case = _Case(
        nodes=nodes,
        gpus_per_host=max(candidate.gpus_per_host for candidate in candidates),
        spread=several and any(node.gpus for node in nodes),
        by_choice=any(overrides.get(name) == value for name, value in RDMA_OFF),
        resource=rdma_resource,
        cache_path=cache_path,
    )
    decided = tuple(_decided(case))
    unset = (setting for setting in decided if not setting.value and setting.name not in overrides)
    faults = [*reserved_faults(request.overrides), *_interface_faults(nodes, overrides)]
    if case.spread and not case.linked:
        faults += _slow_faults(case)
    if case.rdma:
        faults += rdma_faults(nodes, overrides)
    settings = overridden((s for s in decided if s.value), request.overrides)
    return Environment(
        settings=settings,
        elsewhere=(*unset, *_made_elsewhere(case), *_mounted(case, settings)),
        warnings=tuple(_warnings(case)),
        faults=ordered(faults),
    )


def _decided(case: _Case) -> Iterator[Setting]:
    """All variables that are thought of; those without a value are not set."""
    yield from _interfaces(case.nodes, on_gpus=case.on_gpus)
    if case.rdma:
        yield from rdma_settings(case.nodes, case.resource)
    elif case.spread and not case.linked:
        yield _sockets(case)
    if case.on_gpus:
        yield _nvls(case.nodes)
        yield from cache_settings(case.cache_path)


def _interfaces(nodes: Sequence[Node], *, on_gpus: bool) -> Iterator[Setting]:
    name = nodes[0].interface
    fact = f"the interface of a pod is {name}, whatever the host calls its own"
    yield variable("GLOO_SOCKET_IFNAME", name, fact)
    if on_gpus:
        # "=" asks for the exact name; Gloo knows no other.
        yield variable("NCCL_SOCKET_IFNAME", f"={name}", fact)


def _sockets(case: _Case) -> Setting:
    if case.by_choice:
        return variable("NCCL_NET", "Socket", f"{PERSON} turns RDMA off")
    bare = next((node.name for node in case.nodes if not node.rails), case.nodes[0].name)
    return variable("NCCL_NET", "Socket", f"{bare} has no RDMA port that the engine may use")


def _nvls(nodes: Sequence[Node]) -> Setting:
    can = "the hosts can do it" if all(node.multicast for node in nodes) else "not on these hosts"
    fact = (
        f"NVLink SHARP: {can}; the engine leaves it off, and its buffers are not in the memory plan"
    )
    return variable("NCCL_NVLS_ENABLE", "0", fact)


def _made_elsewhere(case: _Case) -> Iterator[Setting]:
    yield Setting(
        "SGLANG_HOST_IP",
        "status.podIP",
        "the pod's own address, which the manifest takes from the kubelet",
        "not at all: ranks reach each other there alone",
    )
    yield _shared_memory(case)
    if case.rdma and case.resource:
        yield Setting(
            "capability IPC_LOCK",
            "added",
            f"RDMA pins memory; {case.resource} brings the devices into the pod",
            "not at all: RDMA needs it, and a privileged pod is never made",
        )
        yield Setting(
            "LimitMEMLOCK of containerd.service",
            "infinity",
            "RDMA pins memory, and containers inherit this limit from containerd; role "
            "container_runtime lifts it where site_rdma_resource names a resource",
            "not at all: to a user that is not root the capability alone gives nothing",
        )


def _mounted(case: _Case, settings: Sequence[Setting]) -> Iterator[Setting]:
    if case.cache_path and in_cache(setting.value for setting in settings):
        yield mount_setting(case.cache_path)


def _shared_memory(case: _Case) -> Setting:
    gpus = case.gpus_per_host if case.on_gpus else 0
    size = gpus * SHARED_MIB_A_GPU or SHARED_MIB_WITHOUT_GPU
    fact = f"{SHARED_MIB_A_GPU} MiB for each of the rank's {gpus} GPUs" if gpus else "no GPU"
    return Setting("/dev/shm", f"{size} MiB", fact, "shared_memory_mib in the plan")  # noqa: S108


def _warnings(case: _Case) -> Iterator[str]:
    if case.spread and case.linked:
        yield (
            f"NVLink between hosts (domain {case.nodes[0].nvlink_domain}) needs an IMEX channel in "
            "each pod, which the manifests do not request: NCCL uses the network without it"
        )
    elif case.rdma:
        yield from rdma_warnings(case.nodes, case.resource)
    elif case.spread:
        if not case.by_choice:
            yield (
                f"no RDMA between hosts, since {_first_without_rails(case)} has no RDMA port for "
                "the engine: NCCL uses TCP, which takes several times as long and the CPU besides"
            )
        unknown = [node.name for node in case.nodes if not node.tcp_rate]
        if unknown:
            yield f"{unknown[0]}: nobody said how fast its TCP interface is; declare tcp_gbps"


def _slow_faults(case: _Case) -> Iterator[Fault]:
    """The guide's minimum between the hosts of a group; a rate that nobody knows is a warning."""
    for node in case.nodes:
        rate = network_rate(node) if case.rdma else node.tcp_rate
        if 0 < rate < SLOWEST_FABRIC:
            yield Fault(
                code="fabric_too_slow",
                where=node.name,
                found=f"{rate / GIGABIT:g} Gb/s over {'RDMA' if case.rdma else 'TCP'}",
                needed=f"{SLOWEST_FABRIC / GIGABIT:g} Gb/s for a group of several hosts",
                fix=f"bring up the RDMA ports of {node.name}, or declare their rate",
            )


def _interface_faults(nodes: Sequence[Node], overrides: dict[str, str]) -> Iterator[Fault]:
    names = sorted({node.interface for node in nodes})
    if len(names) > 1 and "GLOO_SOCKET_IFNAME" not in overrides:
        yield Fault(
            code="interfaces_differ",
            where="group serving",
            found=f"interfaces {', '.join(names)}",
            needed="one name for the interface of all pods",
            fix="declare the same interface in site_hardware of all hosts",
        )


def _first_without_rails(case: _Case) -> str:
    return next(node.name for node in case.nodes if not node.rails)
