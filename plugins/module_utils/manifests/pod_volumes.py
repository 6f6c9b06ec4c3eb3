# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each rank's pod mounts: the weights, shared memory, and what it may write to."""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.model_volumes import (
    LOCAL_VOLUME,
    claim_name,
    claim_prefix,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.quantity import mebibytes
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.kernel_cache import (
    CACHE_MOUNT,
)


def pod_volumes(spec: ServingGroupSpec, host: str) -> list[dict[str, Any]]:
    """The model's is the first: where a policy finds it to give each worker its host's claim."""
    volumes: list[dict[str, Any]] = [
        {"name": "model", **_model_volume(spec, host)},
        {
            "name": "shared-memory",
            "emptyDir": {"medium": "Memory", "sizeLimit": mebibytes(spec.shared_memory_mib)},
        },
        {"name": "tmp", "emptyDir": {}},
    ]
    if spec.cache_path:
        # Role sglang makes it: fsGroup has no effect on a directory of the host.
        path = {"path": spec.cache_path, "type": "Directory"}
        volumes.append({"name": "cache", "hostPath": path})
    return volumes


def volume_mounts(spec: ServingGroupSpec) -> list[dict[str, Any]]:
    """Where the volumes are in the container; the weights read-only."""
    mounts: list[dict[str, Any]] = [
        {"name": "model", "mountPath": spec.model_mount_path, "readOnly": True},
        {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108  a mount, not a file
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  a mount, not a file
    ]
    if spec.cache_path:
        mounts.append({"name": "cache", "mountPath": CACHE_MOUNT})
    return mounts


def claims_prefix(spec: ServingGroupSpec) -> str:
    """What the names of the claims of the weights begin with; empty where there are none."""
    local = spec.weights_volume == LOCAL_VOLUME
    return claim_prefix(spec.served_model_name, spec.model_path) if local else ""


def _model_volume(spec: ServingGroupSpec, host: str) -> dict[str, Any]:
    """The weights. Of a claim that is read-only the kubelet does not change owners (fsGroup)."""
    if spec.weights_volume == LOCAL_VOLUME:
        claim = claim_name(spec.served_model_name, spec.model_path, host)
        return {"persistentVolumeClaim": {"claimName": claim, "readOnly": True}}
    return {"hostPath": {"path": spec.model_path, "type": "Directory"}}
