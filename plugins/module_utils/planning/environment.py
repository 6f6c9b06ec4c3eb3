# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's environment from facts: each value with the fact it came from.

Containers have the pod's network, whose interface the container runtime calls eth0, and the host's
RDMA devices by a resource of an RDMA device plugin with the capability IPC_LOCK, never privileged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, ordered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Candidate
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.pools import (
    SLOWEST_FABRIC,
    fast_enough,
    network_rate,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings import (
    Environment,
    Setting,
    overridden,
    reserved_faults,
    variable,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings_rdma import (
    GIGABIT,
    rdma_faults,
    rdma_settings,
    rdma_warnings,
)

__all__ = ["Environment", "Setting", "engine_environment"]

# Directories of kernels compiled at start, below the cache directory: SGLang's own (environ.py of
# 0.5.17), and those of the compilers that it calls.
CACHES = {
    "SGLANG_CACHE_DIR": "sglang",
    "SGLANG_DG_CACHE_DIR": "deep_gemm",
    "TRITON_CACHE_DIR": "triton",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "FLASHINFER_WORKSPACE_BASE": "flashinfer",
    "CUDA_CACHE_PATH": "cuda",
}


def engine_environment(
    request: Request, nodes: Sequence[Node], *candidates: Candidate, cache_path: str = ""
) -> Environment:
    """What the containers of all groups get.

    C(nodes) are the hosts with ranks, C(candidates) the layouts of the groups (several with
    disaggregation), C(cache_path) a directory of the host as containers see it, empty for none.
    Overrides of the request win, and faults of what they override are left out.
    """
    spread = len(candidates) > 1 or any(candidate.hosts > 1 for candidate in candidates)
    on_gpus = any(node.gpus for node in nodes)
    rdma = spread and on_gpus and all(node.rails for node in nodes)
    decided = list(_interfaces(nodes, on_gpus=on_gpus))
    if spread and on_gpus:
        decided += rdma_settings(nodes) if rdma else _tcp_settings(nodes)
    if on_gpus:
        decided.append(_nvls(nodes))
        decided += _caches(cache_path)
    overrides = dict(request.overrides)
    faults = reserved_faults(request.overrides)
    faults += _interface_faults(nodes, overrides)
    if spread and on_gpus:
        faults += _slow_faults(nodes)
    if rdma:
        faults += rdma_faults(nodes, overrides)
    return Environment(
        settings=overridden((s for s in decided if s.value), request.overrides),
        elsewhere=(
            *(s for s in decided if not s.value and s.name not in overrides),
            *_made_elsewhere(rdma=rdma, on_gpus=on_gpus),
        ),
        warnings=tuple(_warnings(nodes, rdma=rdma, spread=spread and on_gpus)),
        faults=ordered(faults),
    )


def _interfaces(nodes: Sequence[Node], *, on_gpus: bool) -> Iterator[Setting]:
    name = nodes[0].interface
    fact = f"the interface of a pod is {name}, whatever the host calls its own"
    yield variable("GLOO_SOCKET_IFNAME", name, fact)
    if on_gpus:
        # "=" asks for the exact name; Gloo knows no other.
        yield variable("NCCL_SOCKET_IFNAME", f"={name}", fact)


def _tcp_settings(nodes: Sequence[Node]) -> Iterator[Setting]:
    bare = next(node.name for node in nodes if not node.rails)
    yield variable("NCCL_NET", "Socket", f"{bare} has no RDMA port that the engine may use")


def _nvls(nodes: Sequence[Node]) -> Setting:
    can = "the hosts can do it" if all(node.multicast for node in nodes) else "not on these hosts"
    fact = (
        f"NVLink SHARP: {can}; the engine leaves it off, and its buffers are not in the memory plan"
    )
    return variable("NCCL_NVLS_ENABLE", "0", fact)


def _caches(cache_path: str) -> Iterator[Setting]:
    for name, directory in CACHES.items():
        if cache_path:
            fact = "a directory of the host: compiled kernels outlive the pod"
            yield variable(name, f"{cache_path}/{directory}", fact)
        else:
            fact = "no directory of the host is mounted: kernels are compiled again in each pod"
            yield variable(name, "", fact)


def _made_elsewhere(*, rdma: bool, on_gpus: bool) -> Iterator[Setting]:
    yield Setting(
        "SGLANG_HOST_IP",
        "status.podIP",
        "the pod's own address, which the manifest takes from the kubelet",
        "not at all: ranks reach each other there alone",
    )
    if rdma:
        yield Setting(
            "capability IPC_LOCK",
            "added",
            "RDMA pins memory; the devices come by a resource of the RDMA device plugin",
            "not at all: RDMA needs it, and a privileged pod is never made",
        )
        yield Setting(
            "LimitMEMLOCK of containerd.service",
            "infinity",
            "containers inherit the limit of locked memory from containerd",
            "a drop-in file of containerd.service on the host",
        )
    elif on_gpus:
        yield Setting("LimitMEMLOCK of containerd.service", "", "no RDMA, nothing is pinned", "")


def _warnings(nodes: Sequence[Node], *, rdma: bool, spread: bool) -> Iterator[str]:
    if rdma:
        yield from rdma_warnings(nodes)
    elif spread:
        bare = [node.name for node in nodes if not node.rails]
        yield (
            f"no RDMA between hosts, since {bare[0]} has no RDMA port for the engine: NCCL uses "
            "TCP, which takes several times as long and the CPU besides"
        )
        unknown = [node.name for node in nodes if not node.tcp_rate]
        if unknown:
            yield f"{unknown[0]}: nobody said how fast its TCP interface is; declare tcp_gbps"


def _slow_faults(nodes: Sequence[Node]) -> Iterator[Fault]:
    """The guide's minimum between the hosts of a group; a rate that nobody knows is a warning."""
    for node in nodes:
        rate = network_rate(node)
        if rate and not fast_enough(node):
            yield Fault(
                code="fabric_too_slow",
                where=node.name,
                found=f"{rate / GIGABIT:g} Gb/s",
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
