# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A serving group as Kubernetes objects: one LeaderWorkerSet and one Service for its leaders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    HOST_LABEL,
    OWNER,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.leaving import (
    worker_lifecycle,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.pod_volumes import (
    claims_prefix,
    pod_volumes,
    volume_mounts,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.probes import (
    leader_probes,
    worker_probes,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.quantity import (
    cpus,
    mebibytes,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.rank_hosts import (
    policy_objects,
    rank_hosts,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

NAME_LABEL = "leaderworkerset.sigs.k8s.io/name"
GROUP_INDEX_LABEL = "leaderworkerset.sigs.k8s.io/group-index"
WORKER_INDEX_LABEL = "leaderworkerset.sigs.k8s.io/worker-index"
EXCLUSIVE_TOPOLOGY = "leaderworkerset.sigs.k8s.io/exclusive-topology"

USER_ID = 65532
"""The user that images of the Kubernetes project call nonroot."""

CONTAINER = "engine"

ENGINE_LABELS = {"app.kubernetes.io/name": "sglang", "app.kubernetes.io/component": CONTAINER}
"""Labels of all ranks' pods, beside the owner's."""


def serving_objects(spec: ServingGroupSpec) -> list[dict[str, Any]]:
    """Return the group's objects in the order in which they are applied."""
    return [leader_worker_set(spec), leader_service(spec)]


def shared_objects(spec: ServingGroupSpec) -> list[dict[str, Any]]:
    """Return what groups of the cluster share and this one needs, in the order of applying."""
    return policy_objects(OWNER) if rank_hosts(_hosts(spec)) else []


def service_name(group: str) -> str:
    """Name of the leaders' Service. The plain name is LeaderWorkerSet's own headless Service."""
    return f"{group}-endpoint"


def leader_worker_set(spec: ServingGroupSpec) -> dict[str, Any]:
    """The group of pods: rank 0 from leaderTemplate, all others from workerTemplate."""
    template: dict[str, Any] = {"size": spec.size, "restartPolicy": "RecreateGroupAfterStart"}
    leader = _pod_template(spec, hosts=[spec.ranks[0].host], behaviour=leader_probes(spec))
    if spec.size == 1:
        template["workerTemplate"] = leader
    else:
        workers = [rank.host for rank in spec.ranks[1:]]
        template["leaderTemplate"] = leader
        behaviour = {**worker_probes(spec), **worker_lifecycle(spec)}
        worker = _pod_template(spec, hosts=workers, behaviour=behaviour)
        _annotate(worker["metadata"], rank_hosts(_hosts(spec), claims_prefix(spec)))
        template["workerTemplate"] = worker
    metadata = _metadata(spec, spec.name)
    if spec.exclusive_topology:
        _annotate(metadata, {EXCLUSIVE_TOPOLOGY: spec.exclusive_topology})
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": metadata,
        "spec": {
            "replicas": spec.replicas,
            # LeaderReady would deadlock: the leader is Ready only after every rank has joined.
            "startupPolicy": "LeaderCreated",
            "leaderWorkerTemplate": template,
        },
    }


def leader_service(spec: ServingGroupSpec) -> dict[str, Any]:
    """The Service of rank 0: other ranks answer /health but no question."""
    port: dict[str, Any] = {
        "name": "http",
        "port": spec.serving_port,
        "targetPort": "http",
        "protocol": "TCP",
    }
    if spec.node_port:
        port["nodePort"] = spec.node_port
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(spec, service_name(spec.name)),
        "spec": {
            "type": "NodePort" if spec.node_port else "ClusterIP",
            "selector": {NAME_LABEL: spec.name, WORKER_INDEX_LABEL: "0"},
            "ports": [port],
        },
    }


def _hosts(spec: ServingGroupSpec) -> list[str]:
    return [rank.host for rank in spec.ranks]


def _annotate(metadata: dict[str, Any], annotations: Mapping[str, str]) -> None:
    """Add annotations; without any the key stays away, as the API server would write it."""
    if annotations:
        metadata["annotations"] = dict(annotations)


def _labels(spec: ServingGroupSpec) -> dict[str, str]:
    return {**ENGINE_LABELS, "app.kubernetes.io/instance": spec.name, **OWNER}


def _metadata(spec: ServingGroupSpec, name: str) -> dict[str, Any]:
    return {"name": name, "namespace": spec.namespace, "labels": _labels(spec)}


def _pod_template(
    spec: ServingGroupSpec, *, hosts: list[str], behaviour: dict[str, Any]
) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": spec.termination_grace_seconds,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "affinity": _affinity(spec, hosts),
        "containers": [_container(spec, behaviour)],
        "volumes": pod_volumes(spec, hosts[0]),
    }
    if spec.resources.gpus:
        pod["tolerations"] = [
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
        ]
    return {"metadata": {"labels": _labels(spec)}, "spec": pod}


def _affinity(spec: ServingGroupSpec, hosts: list[str]) -> dict[str, Any]:
    """Only the planned hosts, and never two ranks of one group on the same host."""
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": HOST_LABEL, "operator": "In", "values": hosts}]}
                ]
            }
        },
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "topologyKey": HOST_LABEL,
                    "labelSelector": {"matchLabels": {NAME_LABEL: spec.name}},
                    "matchLabelKeys": [GROUP_INDEX_LABEL],
                }
            ]
        },
    }


def _container(spec: ServingGroupSpec, behaviour: dict[str, Any]) -> dict[str, Any]:
    memory = mebibytes(spec.resources.memory_gib * 1024)
    limits: dict[str, Any] = {"memory": memory}
    if spec.resources.gpus:
        limits["nvidia.com/gpu"] = str(spec.resources.gpus)
    capabilities: dict[str, Any] = {"drop": ["ALL"]}
    if spec.resources.rdma:
        # The device plugin brings the RDMA devices; memory that they write to is locked.
        limits[spec.resources.rdma] = "1"
        capabilities["add"] = ["IPC_LOCK"]
    return {
        "name": CONTAINER,
        "image": spec.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-m", "sglang.launch_server"],
        "args": launch_arguments(spec),
        "env": _environment(spec),
        "ports": [{"name": "http", "containerPort": spec.serving_port, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": cpus(spec.resources.cpu), **limits}, "limits": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": capabilities,
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": volume_mounts(spec),
        **behaviour,
    }


def launch_arguments(spec: ServingGroupSpec) -> list[str]:
    """Arguments of sglang.launch_server.

    Kubernetes itself replaces C($(NAME)) with the variables that LeaderWorkerSet's webhook puts
    first into each container, so no shell stands between the kubelet and the engine.
    """
    arguments = [
        "--model-path",
        spec.model_mount_path,
        "--served-model-name",
        spec.served_model_name,
        "--host",
        "0.0.0.0",  # noqa: S104  the kubelet probes every rank on its pod address
        "--port",
        str(spec.serving_port),
        *(_literal(argument) for argument in spec.arguments),
    ]
    if spec.size > 1:
        arguments += [
            "--nnodes",
            str(spec.size),
            "--node-rank",
            "$(LWS_WORKER_INDEX)",
            "--dist-init-addr",
            f"$(LWS_LEADER_ADDRESS):{spec.distributed_port}",
        ]
    return arguments


def _environment(spec: ServingGroupSpec) -> list[dict[str, Any]]:
    """Own variables first; the group's own may replace those that are only defaults."""
    defaults = {
        "HOME": "/tmp",  # noqa: S108  the root file system is read-only
        "PYTHONUNBUFFERED": "1",
        # The user has no entry in the image's /etc/passwd, and torch asks for its name.
        "USER": "sglang",
    }
    values = {**defaults, **dict(spec.environment)}
    # Without it the engine guesses its address by a route to the Internet.
    address = {"name": "SGLANG_HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    return [
        address,
        *({"name": name, "value": _literal(values[name])} for name in sorted(values)),
    ]


def _literal(text: str) -> str:
    """Keep Kubernetes from expanding C($(NAME)) in a value that a person wrote."""
    return text.replace("$", "$$")
