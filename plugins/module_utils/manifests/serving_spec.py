# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a serving group is: parsed once from module parameters, all faults reported together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    label_name_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.object_faults import (
    DNS_1123,
    image_faults,
    namespace_faults,
    node_port_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Rank
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_shape import (
    EXTENDED_RESOURCE,
)

NAME_LIMIT = 45
"""Characters. Pods of a group are named C(<name>-<group>-<rank>) and a StatefulSet's name plus a
hash of 11 characters must fit a label of 63."""

DISTRIBUTED_PORTS = 14
"""Ports from C(ports.distributed) on that SGLang uses itself when attention is data parallel
(C(PortArgs) in sglang/srt/server_args.py: +1 to +6, and +13 for the handshake)."""

REQUIRED = ("ranks", "image", "served_model_name", "model_path", "resources")
"""Parameters without which there is no group."""

OWN_ARGUMENTS = {
    "--model-path": "model_path",
    "--model": "model_path",
    "--served-model-name": "served_model_name",
    "--host": "(always 0.0.0.0)",
    "--port": "ports.serving",
    "--nnodes": "ranks",
    "--node-rank": "ranks",
    "--dist-init-addr": "ports.distributed",
    "--nccl-init-addr": "ports.distributed",
}
"""Engine flags that the group sets itself, and the parameter to use instead."""

SECRET_ARGUMENTS = frozenset({"--api-key", "--admin-api-key", "--ssl-keyfile-password"})

OWN_ENVIRONMENT = frozenset(
    {"SGLANG_HOST_IP", "LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX"}
)

_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_CPU = re.compile(r"[1-9][0-9]*m?|[0-9]+\.[0-9]{1,3}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Resources:
    """What each rank's container asks for: C(cpu) a Kubernetes quantity, memory in GiB.

    C(rdma) is the resource of an RDMA device plugin, empty for none.
    """

    cpu: str
    memory_gib: int
    gpus: int
    rdma: str


@dataclass(frozen=True)
class ServingGroupSpec:
    """A group of engine ranks that serve one model together.

    C(ranks) are in rank order and one host each; C(environment) is sorted by name; durations are in
    seconds, C(shared_memory_mib) in MiB; C(node_port) 0 is none. C(cache_path) is a directory of
    each host that the engine may write to, empty for none. C(exclusive_topology) is the node
    label whose one value the group has for itself, empty for none. C(weights_volume) is one of
    WEIGHTS_VOLUMES.
    """

    name: str
    namespace: str
    replicas: int
    ranks: tuple[Rank, ...]
    image: str
    served_model_name: str
    model_path: str
    model_mount_path: str
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    resources: Resources
    serving_port: int
    distributed_port: int
    shared_memory_mib: int
    startup_seconds: int
    cache_path: str
    termination_grace_seconds: int
    node_port: int
    exclusive_topology: str
    weights_volume: str

    @property
    def size(self) -> int:
        """Pods of one group: one for each rank."""
        return len(self.ranks)

    @classmethod
    def parse(cls, parameters: Mapping[str, Any]) -> ServingGroupSpec:
        """Build a spec from the parameters of C(serving_group); InputError lists every fault."""
        # A template that gives nothing passes Ansible's own check of required options as None.
        faults = [
            f"{option}: found nothing, needed a value"
            for option in REQUIRED
            if parameters[option] is None
        ] or list(_faults(parameters))
        if faults:
            raise InputError(
                f"serving group {parameters['namespace']}/{parameters['name']}", faults
            )
        ranks = tuple(
            Rank(entry["rank"], entry["host"], tuple(entry["gpus"] or ()))
            for entry in sorted(parameters["ranks"], key=lambda entry: int(entry["rank"]))
        )
        asked = parameters["resources"]
        served = parameters["served_model_name"]
        return cls(
            name=parameters["name"],
            namespace=parameters["namespace"],
            replicas=parameters["replicas"],
            ranks=ranks,
            image=parameters["image"],
            served_model_name=served,
            model_path=parameters["model_path"],
            model_mount_path=parameters["model_mount_path"] or f"/models/{served}",
            arguments=tuple(parameters["arguments"]),
            environment=tuple(sorted((k, str(v)) for k, v in parameters["environment"].items())),
            resources=Resources(
                asked["cpu"], asked["memory_gib"], len(ranks[0].gpus), asked["rdma"]
            ),
            serving_port=parameters["ports"]["serving"],
            distributed_port=parameters["ports"]["distributed"],
            shared_memory_mib=parameters["shared_memory_mib"],
            startup_seconds=parameters["startup_seconds"],
            cache_path=parameters["cache_path"],
            termination_grace_seconds=parameters["termination_grace_seconds"],
            node_port=parameters["node_port"],
            exclusive_topology=parameters["exclusive_topology"],
            weights_volume=parameters["weights_volume"],
        )


def _faults(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from _name_faults(parameters)
    yield from _rank_faults(parameters["ranks"])
    yield from _topology_faults(parameters)
    yield from image_faults(parameters["image"])
    yield from _path_faults(parameters)
    yield from _resource_faults(parameters)
    yield from _port_faults(parameters["ports"], parameters["node_port"])
    yield from _argument_faults(parameters["arguments"])
    yield from _environment_faults(parameters["environment"])


def _name_faults(parameters: Mapping[str, Any]) -> Iterator[str]:
    name, namespace = parameters["name"], parameters["namespace"]
    if not _DNS_1035.fullmatch(name) or len(name) > NAME_LIMIT:
        yield (
            f"name: found {name!r}, needed lower case letters, digits and '-', beginning with a "
            f"letter, at most {NAME_LIMIT} characters"
        )
    yield from namespace_faults(namespace)
    if parameters["replicas"] < 0:
        yield f"replicas: found {parameters['replicas']}, needed 0 or more"
    for option in ("startup_seconds", "termination_grace_seconds"):
        if parameters[option] < 1:
            yield f"{option}: found {parameters[option]}, needed 1 or more seconds"


def _rank_faults(ranks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not ranks:
        yield "ranks: found none, needed at least rank 0 with its host"
        return
    numbers = sorted(entry["rank"] for entry in ranks)
    if numbers != list(range(len(ranks))):
        yield f"ranks: found ranks {numbers}, needed {list(range(len(ranks)))}, each once"
    hosts = [entry["host"] for entry in ranks]
    for host in sorted(set(hosts)):
        if hosts.count(host) > 1:
            yield f"ranks: host {host} is named {hosts.count(host)} times, needed one rank a host"
        if not DNS_1123.fullmatch(host) or len(host) > 63:
            yield f"ranks: host {host!r} cannot be a node's kubernetes.io/hostname label"
    counts = {entry["rank"]: len(entry["gpus"] or ()) for entry in ranks}
    if len(set(counts.values())) > 1:
        yield f"ranks: found GPUs a rank {counts}, needed the same number for every rank"


def _topology_faults(parameters: Mapping[str, Any]) -> Iterator[str]:
    label, replicas = parameters["exclusive_topology"], parameters["replicas"]
    if not label:
        return
    yield from label_name_faults("exclusive_topology", label)
    if replicas > 1:
        yield (
            f"exclusive_topology: found {replicas} replicas, needed 1: each replica would want the "
            "same hosts for itself"
        )


def _path_faults(parameters: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", parameters["served_model_name"]):
        yield (
            f"served_model_name: found {parameters['served_model_name']!r}, needed letters, digits "
            "and '._/-', beginning with a letter or digit"
        )
    for option in ("model_path", "model_mount_path", "cache_path"):
        path = parameters[option]
        if not path and option != "model_path":
            continue
        pure = PurePosixPath(path)
        if not pure.is_absolute() or ".." in pure.parts or len(pure.parts) < 2:
            yield f"{option}: found {path!r}, needed an absolute directory below / without '..'"


def _resource_faults(parameters: Mapping[str, Any]) -> Iterator[str]:
    asked, shared = parameters["resources"], parameters["shared_memory_mib"]
    if not _CPU.fullmatch(asked["cpu"]) or not float(asked["cpu"].rstrip("m")):
        yield f"resources.cpu: found {asked['cpu']!r}, needed a quantity as '4', '0.5' or '500m'"
    if asked["rdma"] and not EXTENDED_RESOURCE.fullmatch(asked["rdma"]):
        yield (
            f"resources.rdma: found {asked['rdma']!r}, needed the resource of an RDMA device "
            "plugin, such as rdma/hca"
        )
    if asked["memory_gib"] < 1:
        yield f"resources.memory_gib: found {asked['memory_gib']}, needed 1 GiB or more"
    elif not 64 <= shared < asked["memory_gib"] * 1024:
        yield (
            f"shared_memory_mib: found {shared}, needed 64 or more and less than "
            f"resources.memory_gib ({asked['memory_gib'] * 1024} MiB), of which it is a part"
        )


def _port_faults(ports: Mapping[str, Any], node_port: int) -> Iterator[str]:
    serving, distributed = ports["serving"], ports["distributed"]
    for option, port in (("serving", serving), ("distributed", distributed)):
        if not 1024 <= port <= 65535:
            yield f"ports.{option}: found {port}, needed 1024 to 65535 (the engine is not root)"
    if distributed <= serving < distributed + DISTRIBUTED_PORTS:
        yield (
            f"ports: serving {serving} lies in {distributed} to "
            f"{distributed + DISTRIBUTED_PORTS - 1}, which the engine may use for itself"
        )
    yield from node_port_faults(node_port)


def _argument_faults(arguments: Sequence[str]) -> Iterator[str]:
    for argument in arguments:
        flag = argument.split("=", 1)[0]
        if not flag.startswith("--") or len(flag) < 4:
            continue
        if flag in SECRET_ARGUMENTS:
            yield f"arguments: {flag} would stand readable in every pod, diff and log; leave it out"
        # argparse accepts an unambiguous beginning of a flag, so --dist-init sets it as well.
        for own, option in sorted(OWN_ARGUMENTS.items()):
            if own.startswith(flag):
                yield f"arguments: {flag} is set by the group itself; use {option}"


def _environment_faults(environment: Mapping[str, Any]) -> Iterator[str]:
    for name in environment:
        if not _VARIABLE.fullmatch(name):
            yield f"environment: {name!r} is not a variable name"
        elif name in OWN_ENVIRONMENT:
            yield f"environment: {name} is set by the group itself; leave it out"
