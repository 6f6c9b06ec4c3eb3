# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each worker rank on its own planned host, with the claim of that host's weights.

All workers of a LeaderWorkerSet come from one pod template, so the template can name the hosts of
all of them but not which rank goes where. It says that in an annotation, and a policy of the API
server (MutatingAdmissionPolicy, stable since Kubernetes 1.36) turns it into the pod's node selector
when the pod is created. The policy is the same for all groups and does nothing to other pods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    HOST_LABEL,
    PREFIX,
)

INDEX_LABEL = "apps.kubernetes.io/pod-index"
"""Set by the StatefulSet controller; of workers it is the rank, since they are counted from 1."""

RANK_HOSTS = f"{PREFIX}rank-hosts"
"""Annotation of a pod: the hosts of its group in order of rank, joined by commas."""

MODEL_CLAIMS = f"{PREFIX}model-claims"
"""Annotation of a pod whose first volume is a claim: the claim's name without the host."""

NAME = f"rank-hosts.{PREFIX.rstrip('/')}"
API_VERSION = "admissionregistration.k8s.io/v1"

_CONDITIONS = (
    "has(object.metadata.annotations)",
    f"'{RANK_HOSTS}' in object.metadata.annotations",
    "has(object.metadata.labels)",
    f"'{INDEX_LABEL}' in object.metadata.labels",
)
_HOST = f"""object.metadata.annotations['{RANK_HOSTS}'].split(',')
[int(object.metadata.labels['{INDEX_LABEL}'])]
"""
_PATCH = f"""(has(object.spec.nodeSelector)
? [JSONPatch{{op: 'add', path: '/spec/nodeSelector/' + jsonpatch.escapeKey('{HOST_LABEL}'),
   value: variables.host}}]
: [JSONPatch{{op: 'add', path: '/spec/nodeSelector',
   value: {{'{HOST_LABEL}': variables.host}}}}])
+ ('{MODEL_CLAIMS}' in object.metadata.annotations
? [JSONPatch{{op: 'replace', path: '/spec/volumes/0/persistentVolumeClaim/claimName',
   value: object.metadata.annotations['{MODEL_CLAIMS}'] + variables.host}}]
: [])
"""


def rank_hosts(hosts: Sequence[str], claims: str = "") -> dict[str, str]:
    """Annotations of the workers of a group whose C(hosts) are in order of rank.

    C(claims) is what the names of the claims of their weights begin with, empty without claims.
    One worker has one host, which its template names already.
    """
    if len(hosts) <= 2:
        return {}
    return {RANK_HOSTS: ",".join(hosts), **({MODEL_CLAIMS: claims} if claims else {})}


def worker_pod(group: Mapping[str, Any], *, rank: int) -> dict[str, Any]:
    """The pod of one worker of a LeaderWorkerSet, for asking what would become of it."""
    template = group["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    metadata = template["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **metadata,
            "name": f"{group['metadata']['name']}-asked-{rank}",
            "namespace": group["metadata"]["namespace"],
            "labels": {**metadata["labels"], INDEX_LABEL: str(rank)},
        },
        "spec": template["spec"],
    }


def policy_objects(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """The policy and what puts it into effect; C(labels) are those of both objects."""
    metadata = {"name": NAME, "labels": dict(labels)}
    annotated = {"name": "rank-hosts", "expression": " && ".join(_CONDITIONS)}
    pods = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["pods"],
    }
    return [
        {
            "apiVersion": API_VERSION,
            "kind": "MutatingAdmissionPolicy",
            "metadata": metadata,
            "spec": {
                "failurePolicy": "Fail",
                "reinvocationPolicy": "Never",
                "matchConstraints": {"resourceRules": [pods]},
                "matchConditions": [annotated],
                "variables": [{"name": "host", "expression": _HOST}],
                "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": _PATCH}}],
            },
        },
        {
            "apiVersion": API_VERSION,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": metadata,
            "spec": {"policyName": NAME},
        },
    ]
