# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait until new pods of a group get their planned hosts.

A policy works some moments after it was applied; pods that are created before go to any host.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import (
    ApiError,
    Cluster,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import HOST_LABEL
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.rank_hosts import (
    MODEL_CLAIMS,
    NAME,
    worker_pod,
)

WAIT_SECONDS = 60
POLL_SECONDS = 0.5


def wait_until_effective(
    cluster: Cluster, group: Mapping[str, Any], host: str, *, clock: Clock
) -> None:
    """Ask the server by dry run where rank 1 of C(group) would go, until it says C(host).

    C(group) is a LeaderWorkerSet that is to be applied. Raises OperationError after 60 s.
    """
    pod, begin = worker_pod(group, rank=1), clock.now()
    prefix = pod["metadata"]["annotations"].get(MODEL_CLAIMS, "")
    needed = f"{host} with claim {prefix}{host}" if prefix else host
    while True:
        answer = _host_and_claim(cluster, pod)
        if answer == needed:
            return
        if clock.now() - begin >= WAIT_SECONDS:
            raise OperationError(
                f"MutatingAdmissionPolicy {NAME}: for rank 1 of {group['metadata']['name']} found "
                f"{answer or 'no node selector'} after {WAIT_SECONDS} s, needed {needed}; see that "
                "the API server admits pods here and has this admission plugin switched on"
            )
        clock.sleep(POLL_SECONDS)


def _host_and_claim(cluster: Cluster, pod: Mapping[str, Any]) -> str:
    """The host that a new pod would be kept to and the claim of its weights, where it has one, or
    the API server's refusal in its words."""
    try:
        admitted = cluster.apply(pod, dry_run=True)
    except ApiError as error:  # such as a namespace whose service account is not there yet
        return str(error)
    host: str = admitted["spec"].get("nodeSelector", {}).get(HOST_LABEL, "")
    model = admitted["spec"]["volumes"][0]
    claim = model.get("persistentVolumeClaim", {}).get("claimName", "")
    return f"{host} with claim {claim}" if claim else host
