# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The weights on each host as a local volume, and the claim by which pods mount it.

A pod that mounts a directory by C(hostPath) is refused where Pod Security C(baseline) is enforced;
one that mounts a claim is not. Each host has one volume with one claim, which name each other, and
all ranks on the host share them: they only read.

LeaderWorkerSet's own C(volumeClaimTemplates) are not used. They make a claim for each pod, and a
claim ties its pod to the host of its volume: rank 0 keeps its claim when its pod goes to another
host, and would wait for ever; the claims of other ranks go with their group, and a volume whose
claim is gone (C(Released)) takes no other. A host would also need a volume for each rank on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    HOST_LABEL,
    OWNER,
    PREFIX,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan

HOST_PATH = "host_path"
LOCAL_VOLUME = "local_volume"
WEIGHTS_VOLUMES = (HOST_PATH, LOCAL_VOLUME)

STORAGE_CLASS = "model-storage"
PROVISIONER = "kubernetes.io/no-provisioner"
NAMESPACE_LABEL = f"{PREFIX}namespace"
"""Label of a volume, which lives in no namespace: the one of its claim."""

# Kubernetes wants a size of every volume and enforces none of a local one.
SIZE = "1Gi"
PATH_DIGITS = 8
"""Digits of the path's SHA-256 in a name: the path of a volume cannot be changed."""

_OTHER = re.compile(r"[^a-z0-9]+")


def claim_prefix(model: str, path: str) -> str:
    """The names of a model's claims without the host."""
    digest = hashlib.sha256(path.encode()).hexdigest()[:PATH_DIGITS]
    return f"{_OTHER.sub('-', model.lower()).strip('-')}-{digest}-"


def claim_name(model: str, path: str, host: str) -> str:
    """The claim of the weights in C(path) of C(host)."""
    return f"{claim_prefix(model, path)}{host}"


def planned_volumes(plan: Plan, *, namespace: str, path: str) -> list[dict[str, Any]]:
    """The class, then a volume and its claim for each host of a plan, spares included.

    C(path) is the model's directory on the hosts, C(namespace) that of the groups.
    """
    hosts = sorted({*(rank.host for rank in plan.ranks), *plan.spares})
    return [storage_class(), *host_volumes(plan.model.name, path, namespace, hosts)]


def storage_class() -> dict[str, Any]:
    """The class of volumes that are made by hand. A claim waits until it is known who mounts it."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "labels": dict(OWNER)},
        "provisioner": PROVISIONER,
        "volumeBindingMode": "WaitForFirstConsumer",
        # The weights are the role's that staged them: nothing in the cluster may remove them.
        "reclaimPolicy": "Retain",
    }


def host_volumes(
    model: str, path: str, namespace: str, hosts: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """A volume and its claim for each of C(hosts)."""
    for host in hosts:
        claim = claim_name(model, path, host)
        volume = f"{namespace}-{claim}"
        yield _volume(volume, {"namespace": namespace, "name": claim}, path, host)
        yield _claim(claim, namespace, volume)


def _volume(name: str, claim: Mapping[str, str], path: str, host: str) -> dict[str, Any]:
    on_host = {"key": HOST_LABEL, "operator": "In", "values": [host]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {**OWNER, NAMESPACE_LABEL: claim["namespace"]}},
        "spec": {
            "storageClassName": STORAGE_CLASS,
            "capacity": {"storage": SIZE},
            "accessModes": ["ReadOnlyMany"],
            "volumeMode": "Filesystem",
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim},
            "local": {"path": path},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_host]}]}},
        },
    }


def _claim(name: str, namespace: str, volume: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(OWNER)},
        "spec": {
            "storageClassName": STORAGE_CLASS,
            "volumeName": volume,
            "accessModes": ["ReadOnlyMany"],
            "volumeMode": "Filesystem",
            "resources": {"requests": {"storage": SIZE}},
        },
    }
