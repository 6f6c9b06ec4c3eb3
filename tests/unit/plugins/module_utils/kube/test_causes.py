from __future__ import annotations

from typing import Any

import pytest

from .samples import CORRUPT, GLOO, LOOKUP, PULL, REFUSED, STORE, UVICORN, pod, reports


@pytest.mark.parametrize(
    ("seen", "cause", "found", "fix"),
    [
        (
            {"waiting": f"ImagePullBackOff: {PULL}docker.io/lmsysorg/sglang:v9: not found"},
            "image missing",
            "the registry has no image docker.io/lmsysorg/sglang:v9",
            "correct image, or put this image into the mirror's registry",
        ),
        (
            {"waiting": f"ImagePullBackOff: {PULL}{LOOKUP}"},
            "image missing",
            "the mirror has no image docker.io/lmsysorg/sglang:v9, and this node cannot look up "
            "docker.io",
            "correct image, or put this image into the mirror's registry",
        ),
        (
            {"waiting": f"ErrImagePull: {PULL}{REFUSED}"},
            "registry not reachable",
            "connect: connection refused",
            "see that the registry",
        ),
        (
            {"waiting": f"ErrImagePull: {CORRUPT}"},
            "image corrupt",
            "layer-sha256:84941c08b30e of image docker.io/lmsysorg/sglang:v9 came with other bytes "
            "from the registry: sha256:3feb9cc9086c",
            "replace this blob in the mirror's registry",
        ),
        (
            {"waiting": 'InvalidImageName: Failed to apply default image tag "A b"'},
            "image name invalid",
            'Failed to apply default image tag "A b"',
            "correct image",
        ),
        (
            {
                "events": (
                    'FailedMount: MountVolume.SetUp failed for volume "model" : hostPath type '
                    "check failed: /srv/models/x is not a directory",
                )
            },
            "weights path wrong",
            "the weights directory /srv/models/x does not exist on this node",
            "correct model_path, or bring the weights to this node",
        ),
        (
            {
                "events": (
                    'FailedMount: MountVolume.SetUp failed for volume "cache" : hostPath type '
                    "check failed: /srv/cache/v1 is not a directory",
                )
            },
            "cache path wrong",
            "the directory /srv/cache/v1 for compiled kernels does not exist on this node",
            "make it on this node (phase serve does",
        ),
        (
            {"log": ("PermissionError: [Errno 13] Permission denied: '/var/cache/sglang/triton'",)},
            "cache not writable",
            "the engine's user may not write to /var/cache/sglang/triton",
            "give cache_path on this node to user and group 65532",
        ),
        (
            {
                "log": (
                    "OSError: /models/x does not appear to have a file named config.json. "
                    "Checkout 'https://huggingface.co//models/x/tree/main' for available files.",
                )
            },
            "weights path wrong",
            "/models/x does not appear to have a file named config.json",
            "point model_path at the directory that holds config.json",
        ),
        (
            {"log": ("PermissionError: [Errno 13] Permission denied: '/models/x/config.json'",)},
            "weights not readable",
            "the engine's user may not read /models/x/config.json",
            "make directories 0755 and files 0644",
        ),
        (
            {"terminated": "OOMKilled: exit code 137"},
            "out of memory",
            "the kernel killed the container at its memory limit (exit code 137)",
            "raise resources.memory_gib",
        ),
        (
            {
                "terminated": "Error: exit code 1",
                "log": (
                    "RuntimeError: Rank 0 scheduler died during initialization (exit code: "
                    "-9). If exit code is -9 (SIGKILL), a common cause is the OOM killer.",
                ),
            },
            "out of memory",
            "a process of the engine was killed (signal 9)",
            "raise resources.memory_gib",
        ),
        (
            {
                "scheduling": "Unschedulable: 0/3 nodes are available: 1 Insufficient memory, 2 "
                "node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes"
            },
            "unschedulable",
            "no planned host has room: 0/3 nodes are available",
            "Insufficient memory: lower resources",
        ),
        (
            {
                "scheduling": "Unschedulable: 0/3 nodes are available: 1 node(s) had untolerated "
                "taint(s), 2 node(s) didn't match Pod's node affinity/selector."
            },
            "unschedulable",
            "the planned host is tainted",
            "see 'kubectl describe node'",
        ),
        (
            {
                "scheduling": "Unschedulable: 0/3 nodes are available: 3 node(s) didn't match "
                "Pod's node affinity/selector."
            },
            "unschedulable",
            "no node is one of the planned hosts",
            "name hosts in ranks as their nodes' label kubernetes.io/hostname does",
        ),
        (
            {
                "scheduling": "Unschedulable: 0/3 nodes are available: "
                'persistentvolumeclaim "m-1-a" not found. not found'
            },
            "weights volume missing",
            "no volume of the weights is on the planned host: Unschedulable: 0/3 nodes are",
            "run phase serve, which makes volumes and claims",
        ),
        (
            {
                "scheduling": "Unschedulable: 0/3 nodes are available: 1 node(s) didn't match "
                "PersistentVolume's node affinity, 2 node(s) didn't match Pod's node affinity."
            },
            "weights volume missing",
            "no volume of the weights is on the planned host",
            "run phase serve, which makes volumes and claims; see 'kubectl get pv,pvc'",
        ),
        (
            {
                "events": (
                    'FailedMount: MountVolume.NewMounter initialization failed for volume "serving-'
                    'm-1-a" : path "/srv/models/m" does not exist',
                )
            },
            "weights path wrong",
            "the weights directory /srv/models/m does not exist on this node",
            "correct model_path",
        ),
        (
            {"terminated": "Error: exit code 1", "log": (GLOO,)},
            "wrong Gloo interface",
            "GLOO_SOCKET_IFNAME names eth9, which this pod does not have",
            "set GLOO_SOCKET_IFNAME in environment to an interface of the pod",
        ),
        (
            {"terminated": "Error: exit code 1", "log": (UVICORN,)},
            "port taken",
            "('0.0.0.0', 30000): address already in use",
            "choose other ports.serving and ports.distributed",
        ),
        (
            {"terminated": "Error: exit code 1", "log": (STORE,)},
            "port taken",
            "port: 20000",
            "choose other ports.serving and ports.distributed",
        ),
        (
            {
                "terminated": "Error: exit code 2",
                "log": ("launch_server.py: error: unrecognized arguments: --no-such-flag",),
            },
            "engine arguments refused",
            "unrecognized arguments: --no-such-flag",
            "correct arguments",
        ),
        (
            {"waiting": 'CreateContainerConfigError: container has runAsNonRoot and image "x"'},
            "container not created",
            "container has runAsNonRoot",
            "correct what the message names",
        ),
        (
            {"phase": "Failed Evicted: The node was low on resource: ephemeral-storage."},
            "evicted",
            "the kubelet evicted the pod: The node was low on resource: ephemeral-storage.",
            "free what the node lacks",
        ),
        (
            {
                "terminated": "Error: exit code 1",
                "log": (
                    "DistStoreError: Timed out after 601 seconds waiting for clients. 1/2 "
                    "clients joined.",
                ),
            },
            "another rank did not join",
            "1/2 clients joined",
            "look at the other ranks first",
        ),
        (
            {"terminated": "Error: exit code 1", "log": ("Segmentation fault",)},
            "engine ended",
            "the engine ended by itself (Error: exit code 1)",
            "read the last lines",
        ),
    ],
)
def test_each_failure_has_its_cause_and_fix(
    seen: dict[str, Any], cause: str, found: str, fix: str
) -> None:
    (report,) = reports(pod(**seen))
    assert report.cause == cause
    assert found in report.found
    assert report.fix.startswith(fix)
