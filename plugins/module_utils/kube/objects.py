# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes objects as dicts: where they live in the API, and what of them a person wrote."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

COLLECTIONS = {
    (
        "admissionregistration.k8s.io/v1",
        "MutatingAdmissionPolicy",
    ): "mutatingadmissionpolicies",
    (
        "admissionregistration.k8s.io/v1",
        "MutatingAdmissionPolicyBinding",
    ): "mutatingadmissionpolicybindings",
    ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"): "leaderworkersets",
    ("v1", "Event"): "events",
    ("v1", "Node"): "nodes",
    ("v1", "Pod"): "pods",
    ("v1", "Service"): "services",
}
"""(apiVersion, kind) -> the collection's name in the path."""

SERVER_METADATA = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""Metadata that the API server writes; it says nothing about what was asked for."""


@dataclass(frozen=True)
class Ref:
    """Names one object, or with C(name) None the collection of its kind in the namespace.

    C(namespace) is empty for kinds that live in none.
    """

    api_version: str
    kind: str
    namespace: str
    name: Optional[str]

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Ref:
        """The reference of an object that is to be applied."""
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "")
        return cls(obj["apiVersion"], obj["kind"], namespace, metadata["name"])

    @property
    def path(self) -> str:
        """Path below the API server's address."""
        root = "api" if "/" not in self.api_version else "apis"
        collection = COLLECTIONS[(self.api_version, self.kind)]
        place = f"namespaces/{self.namespace}/{collection}" if self.namespace else collection
        path = f"/{root}/{self.api_version}/{place}"
        return path if self.name is None else f"{path}/{self.name}"

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"


def as_written(obj: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    """A copy without status and server metadata, for comparing and for diffs; empty for None."""
    if obj is None:
        return {}
    written = {key: copy.deepcopy(value) for key, value in obj.items() if key != "status"}
    written["metadata"] = {
        key: value
        for key, value in written.get("metadata", {}).items()
        if key not in SERVER_METADATA
    }
    return written
