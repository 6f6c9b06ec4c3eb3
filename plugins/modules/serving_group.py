#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible module: a group of SGLang ranks that serve one model."""

from __future__ import annotations

DOCUMENTATION = r"""
module: serving_group
short_description: Run a group of SGLang ranks that serve one model together
version_added: 0.1.0
author: baremetal.sglang maintainers (@baremetal)
description:
  - Makes a LeaderWorkerSet with one pod for each rank, and a Service that reaches rank 0.
  - The pods run on exactly the hosts that O(ranks) names, one rank a host, unprivileged, with a
    read-only root file system.
  - The objects are applied on the server side with the field manager C(baremetal.sglang).
  - In check mode the API server is asked by a dry run. Where it cannot be asked, because there is
    no API server yet, no LeaderWorkerSet API or no namespace, the objects are shown as creations
    whose action says C(not asked).
  - Waits until every rank is ready. When a rank fails, the error says which one, where, the
    container's last state, the last log lines, the likely cause and what to do. It does not wait
    for the deadline when the cause is certain.
extends_documentation_fragment:
  - baremetal.sglang.attributes
  - baremetal.sglang.kubernetes
options:
  name:
    description:
      - Name of the group and of its LeaderWorkerSet. Its Service has the suffix C(-endpoint).
      - Lower case letters, digits and hyphens, at most 45 characters.
    type: str
    required: true
  namespace:
    description:
      - Namespace of the group. It must exist.
    type: str
    default: serving
  state:
    description:
      - V(present) brings the group to what the options say, V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
  replicas:
    description:
      - Number of groups. Each has all O(ranks), on the same hosts.
    type: int
    default: 1
  ranks:
    description:
      - One entry for each rank of a group; their number is C(--nnodes).
      - Each rank runs on exactly its host. Workers of one LeaderWorkerSet have one pod template, so
        with more than two ranks a MutatingAdmissionPolicy with its binding, both named
        C(rank-hosts.sglang.baremetal.io), gives each worker its host when its pod is created. The
        module makes both, for all groups together, and leaves them when a group is deleted.
      - Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      rank:
        description: Number of the rank, from 0 without a gap.
        type: int
        required: true
      host:
        description: The node's label C(kubernetes.io/hostname).
        type: str
        required: true
      gpus:
        description:
          - Indexes of the host's GPUs that the rank was planned on. Their number is asked for as
            C(nvidia.com/gpu); which GPUs a pod gets is decided by the device plugin.
        type: list
        elements: int
        default: []
  exclusive_topology:
    description:
      - Name of a node label, such as C(sglang.baremetal.io/rack). All ranks then run on nodes that
        share one value of the label, and pods of no other LeaderWorkerSet run on these nodes
        (annotation C(leaderworkerset.sigs.k8s.io/exclusive-topology)).
      - Every host of O(ranks) must have the label (see M(baremetal.sglang.node_labels)), with the
        same value.
      - Without it the group shares nodes of one value with every group that has not this option.
    type: str
    default: ""
    version_added: 0.2.0
  image:
    description:
      - Engine image with a version tag or a digest. Floating tags as C(latest) are refused.
      - Required when O(state=present).
    type: str
  served_model_name:
    description:
      - The model's name in the OpenAI API. Required when O(state=present).
    type: str
  model_path:
    description:
      - Directory with the weights on every host of O(ranks); mounted read-only.
      - Required when O(state=present).
    type: str
  weights_volume:
    description:
      - How the pods mount O(model_path). V(host_path) mounts the directory of the host. Pod
        Security C(baseline) refuses that.
      - V(local_volume) mounts a PersistentVolumeClaim of each host, which must be in O(namespace)
        and is named after O(served_model_name), O(model_path) and the host. Role sglang makes
        these claims, their volumes and their StorageClass C(model-storage).
      - The mount is read-only either way.
    type: str
    choices: [host_path, local_volume]
    default: host_path
    version_added: 0.2.0
  model_mount_path:
    description:
      - Where the weights lie inside the pods. Without it C(/models/) with O(served_model_name).
    type: str
  arguments:
    description:
      - Further arguments of C(sglang.launch_server), each flag and each value an item of its own.
      - The group itself sets C(--model-path), C(--served-model-name), C(--host), C(--port),
        C(--nnodes), C(--node-rank) and C(--dist-init-addr); they are refused here, as are flags
        that carry a secret.
    type: list
    elements: str
    default: []
  environment:
    description:
      - Environment variables of every rank. Not for secrets, since pods, diffs and logs show them.
    type: dict
    default: {}
  resources:
    description:
      - What each rank asks for. Required when O(state=present).
    type: dict
    suboptions:
      cpu:
        description: CPUs requested, as a Kubernetes quantity. There is no limit on them.
        type: str
        required: true
      memory_gib:
        description: Memory requested and at most used, in GiB, shared memory included.
        type: int
        required: true
      rdma:
        description:
          - Resource of an RDMA device plugin, such as V(rdma/hca). Each rank asks for one of it and
            its container has the capability C(IPC_LOCK), which RDMA needs to lock memory. The pod
            is never privileged.
          - Empty for none; the engine then sees no RDMA device.
        type: str
        default: ""
        version_added: 0.2.0
  ports:
    description:
      - Ports inside the pods.
    type: dict
    default: {}
    suboptions:
      serving:
        description: Port of the OpenAI API.
        type: int
        default: 30000
      distributed:
        description: Port on rank 0 where the ranks meet. The engine may use the 13 ports after it.
        type: int
        default: 20000
  shared_memory_mib:
    description:
      - Size of C(/dev/shm) in MiB, a part of the rank's memory.
    type: int
    default: 1024
  startup_seconds:
    description:
      - Time for the engine to load the model on every rank, in seconds, from the start of a
        container. It is restarted when this is over.
    type: int
    default: 1800
  cache_path:
    description:
      - Directory on every host of O(ranks) that the engine may write to, for what must outlive its
        pods, such as compiled kernels. It must exist and belong to the pods' user, 65532.
      - Containers see it at C(/var/cache/sglang), where variables of O(environment) name it.
      - Empty for none.
    type: str
    default: ""
    version_added: 0.2.0
  termination_grace_seconds:
    description:
      - Time for the engine to finish the answers it has begun, in seconds.
    type: int
    default: 120
  node_port:
    description:
      - Port on every node that reaches rank 0, from 30000 to 32767.
      - V(0) for none, so that the model is served inside the cluster only.
    type: int
    default: 0
  wait:
    description:
      - Wait until every rank is ready or, with O(state=absent), gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait, in seconds.
    type: int
    default: 1800
notes:
  - Runs on the controller; use C(delegate_to) or C(connection=local).
seealso:
  - module: baremetal.sglang.node_labels
  - module: baremetal.sglang.serving_endpoint_info
"""

EXAMPLES = r"""
- name: Serve a small model by two ranks on two hosts
  baremetal.sglang.serving_group:
    kubeconfig: ~/.kube/lab
    name: smollm2
    image: "{{ engine_image }}"
    served_model_name: smollm2-135m-instruct
    model_path: /var/lib/baremetal-sglang/models/smollm2-135m-instruct
    ranks:
      - {rank: 0, host: node1}
      - {rank: 1, host: node2}
    arguments: [--device, cpu, --pp-size, "2"]
    environment:
      GLOO_SOCKET_IFNAME: eth0
    resources: {cpu: "1", memory_gib: 4}
    shared_memory_mib: 512
    node_port: 30080

- name: Remove the group
  baremetal.sglang.serving_group:
    kubeconfig: ~/.kube/lab
    name: smollm2
    state: absent
"""

RETURN = r"""
group:
  description: The group as it is, or in check mode as it would be.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the group.
      type: str
      sample: smollm2
    namespace:
      description: Its namespace.
      type: str
      sample: serving
    state:
      description: V(present) or V(absent).
      type: str
      sample: present
    ready:
      description: Whether every pod that there is now is ready.
      type: bool
      sample: true
    pods:
      description: The pods that there are now, by group and rank.
      type: list
      elements: dict
      sample:
        - {name: smollm2-0, group: 0, rank: 0, node: node1, ready: true, state: Ready}
        - {name: smollm2-0-1, group: 0, rank: 1, node: node2, ready: true, state: Ready}
    endpoint:
      description: Name and port inside the cluster, and the port on every node or none.
      type: dict
      sample: {host: smollm2-endpoint.serving.svc, port: 30000, node_port: 30080}
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample: ["create LeaderWorkerSet serving/smollm2", "create Service serving/smollm2-endpoint"]
ranks:
  description: Each rank that is not ready, the likely origin of the trouble first.
  returned: failure to become ready
  type: list
  elements: dict
  contains:
    rank:
      description: Number of the rank.
      type: int
    pod:
      description: Its pod.
      type: str
    node:
      description: The pod's node, empty when it has none.
      type: str
    state:
      description: The container's last state, or why the pod is not scheduled.
      type: str
    cause:
      description: Short name of the likely cause, empty when none is known.
      type: str
    found:
      description: What was found.
      type: str
    fix:
      description: What to do.
      type: str
    events:
      description: The pod's warnings before its container started.
      type: list
      elements: str
    last_lines:
      description: The container's last log lines.
      type: list
      elements: str
"""

from functools import partial

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.serving_group import (
    Run,
    absent,
    present,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.model_volumes import (
    HOST_PATH,
    WEIGHTS_VOLUMES,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    REQUIRED,
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.argspec import KUBERNETES
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)

RANK = {
    "rank": {"type": "int", "required": True},
    "host": {"type": "str", "required": True},
    "gpus": {"type": "list", "elements": "int", "default": []},
}
RESOURCES = {
    "cpu": {"type": "str", "required": True},
    "memory_gib": {"type": "int", "required": True},
    "rdma": {"type": "str", "default": ""},
}
PORTS = {
    "serving": {"type": "int", "default": 30000},
    "distributed": {"type": "int", "default": 20000},
}
ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "default": "serving"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "replicas": {"type": "int", "default": 1},
    "ranks": {"type": "list", "elements": "dict", "options": RANK},
    "exclusive_topology": {"type": "str", "default": ""},
    "weights_volume": {"type": "str", "choices": [*WEIGHTS_VOLUMES], "default": HOST_PATH},
    "image": {"type": "str"},
    "served_model_name": {"type": "str"},
    "model_path": {"type": "str"},
    "model_mount_path": {"type": "str"},
    "arguments": {"type": "list", "elements": "str", "default": []},
    "environment": {"type": "dict", "default": {}},
    "resources": {"type": "dict", "options": RESOURCES},
    "ports": {"type": "dict", "default": {}, "options": PORTS},
    "shared_memory_mib": {"type": "int", "default": 1024},
    "startup_seconds": {"type": "int", "default": 1800},
    "cache_path": {"type": "str", "default": ""},
    "termination_grace_seconds": {"type": "int", "default": 120},
    "node_port": {"type": "int", "default": 0},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 1800},
    **KUBERNETES,
}


def operate(request: Request) -> Change:
    """Bring the group to the state that was asked for."""
    asked = request.parameters
    connect = partial(Cluster.connect, kubeconfig=asked["kubeconfig"], context=asked["context"])
    run = Run(
        check_mode=request.check_mode,
        wait_seconds=asked["wait_timeout"] if asked["wait"] else None,
        clock=Clock(),
    )
    if asked["state"] == "absent":
        return absent(connect, asked["namespace"], asked["name"], run)
    return present(connect, ServingGroupSpec.parse(asked), run)


def main() -> None:
    """Run the module."""
    run_module(
        argument_spec=ARGUMENTS,
        operate=operate,
        required_if=[("state", "present", REQUIRED)],
    )


if __name__ == "__main__":
    main()
