from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.diagnosis import (
    Evidence,
    RankReport,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.pods import PodView

PULL = (
    'Back-off pulling image "docker.io/lmsysorg/sglang:v9": ErrImagePull: failed to pull and '
    'unpack image "docker.io/lmsysorg/sglang:v9": failed to resolve reference '
    '"docker.io/lmsysorg/sglang:v9": '
)
LOOKUP = (
    'failed to do request: Head "https://docker.io/v2/lmsysorg/sglang/manifests/v9": dial tcp: '
    "lookup docker.io on [::1]:53: read udp [::1]:34177->[::1]:53: read: connection refused"
)
REFUSED = (
    'failed to do request: Head "http://10.0.0.1:5000/v2/lmsysorg/sglang/manifests/v9": '
    "dial tcp 10.0.0.1:5000: connect: connection refused"
)
GLOO = (
    "RuntimeError: [enforce fail at /pytorch/third_party/gloo/gloo/transport/tcp/device.cc:84] "
    "ifa != nullptr. Unable to find address for: eth9"
)
UVICORN = (
    "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 30000): "
    "address already in use"
)
STORE = (
    "torch.distributed.DistNetworkError: The server socket has failed to listen on any local "
    "network address. port: 20000, useIpv6: false, code: -98, name: EADDRINUSE, message: address "
    "already in use"
)


def pod(rank: int = 0, **seen: Any) -> PodView:
    name = "g-0" if rank == 0 else f"g-0-{rank}"
    values = {
        "uid": f"uid-{rank}",
        "name": name,
        "group": 0,
        "rank": rank,
        "node": f"node{rank + 1}",
        "phase": "Pending",
        "lacks": "is Pending",
        "restarts": 0,
    }
    return PodView(**{**values, **seen})


def reports(*pods: PodView) -> list[RankReport]:
    evidence = Evidence()
    evidence.add(pods, now=0.0)
    return evidence.reports()


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


def test_rank_with_nothing_telling_is_reported_without_a_cause() -> None:
    (report,) = reports(pod(waiting="ContainerCreating"))
    assert report.sentence() == "rank 0 (pod g-0 on node1): ContainerCreating"


def test_sentence_says_rank_pod_node_state_cause_and_fix() -> None:
    (report,) = reports(pod(1, terminated="OOMKilled: exit code 137", restarts=1))
    assert report.sentence() == (
        "rank 1 (pod g-0-1 on node2): OOMKilled: exit code 137; out of memory: the kernel killed "
        "the container at its memory limit (exit code 137); raise resources.memory_gib, or lower "
        "what the engine may keep (--max-total-tokens)"
    )


def test_origin_comes_before_the_rank_that_only_lost_its_peer() -> None:
    lost = pod(0, terminated="Error: exit code 1", log=("1/2 clients joined.",))
    origin = pod(1, terminated="Error: exit code 1", log=(GLOO,))
    assert [(r.pod.rank, r.cause) for r in reports(lost, origin)] == [
        (1, "wrong Gloo interface"),
        (0, "another rank did not join"),
    ]


def test_ready_rank_is_not_reported() -> None:
    assert reports(pod(0, lacks=""), pod(1, waiting="ContainerCreating"))[0].pod.rank == 1


def test_report_keeps_the_last_twenty_lines() -> None:
    (report,) = reports(pod(log=tuple(str(number) for number in range(30))))
    assert report.values()["last_lines"] == [str(number) for number in range(10, 30)]


@pytest.mark.parametrize(
    ("seen", "seconds", "certain"),
    [
        ({"waiting": f"ErrImagePull: {PULL}x: not found"}, 18, False),
        ({"waiting": f"ErrImagePull: {PULL}x: not found"}, 20, True),
        ({"waiting": f"ErrImagePull: {PULL}{REFUSED}"}, 178, False),
        ({"waiting": f"ErrImagePull: {PULL}{REFUSED}"}, 180, True),
        ({"scheduling": "Unschedulable: 0/3 nodes are available: 3 x"}, 118, False),
        ({"scheduling": "Unschedulable: 0/3 nodes are available: 3 x"}, 120, True),
        ({"waiting": "ContainerCreating"}, 10000, False),
    ],
)
def test_lasting_cause_is_certain_after_its_time(
    seen: dict[str, Any], seconds: int, certain: bool
) -> None:
    evidence = Evidence()
    for now in range(0, seconds + 1, 2):
        evidence.add([pod(**seen)], now=float(now))
    assert (evidence.certain() is not None) is certain


def test_cause_that_went_away_is_not_certain() -> None:
    evidence = Evidence()
    evidence.add([pod(waiting=f"ErrImagePull: {PULL}x: not found")], now=0.0)
    evidence.add([pod(waiting="ContainerCreating")], now=100.0)
    assert evidence.certain() is None


def test_rank_that_became_ready_clears_its_cause() -> None:
    evidence = Evidence()
    crash: dict[str, Any] = {"terminated": "OOMKilled: exit code 137"}
    evidence.add([pod(restarts=1, **crash)], now=0.0)
    evidence.add([pod(lacks="")], now=2.0)
    evidence.add([pod(restarts=2, **crash)], now=4.0)
    assert evidence.certain() is None


@pytest.mark.parametrize(
    ("seen", "runs"),
    [
        ({"log": (GLOO,)}, 1),
        ({"log": ("launch_server.py: error: bad",)}, 1),
        ({"terminated": "OOMKilled: exit code 137"}, 2),
        ({"terminated": "Error: exit code 1", "log": (UVICORN,)}, 2),
        ({"terminated": "Error: exit code 1"}, 4),
    ],
)
def test_crash_is_certain_after_so_many_runs_of_the_container(
    seen: dict[str, Any], runs: int
) -> None:
    evidence = Evidence()
    for run in range(runs):
        assert evidence.certain() is None
        for now in (10.0 * run, 10.0 * run + 2):  # one run seen twice counts once
            evidence.add([pod(uid=f"uid-{run}", **seen)], now=now)
    assert evidence.certain() is not None


def test_what_a_deleted_pod_showed_is_still_reported() -> None:
    evidence = Evidence()
    evidence.add([pod(uid="old", terminated="OOMKilled: exit code 137", log=("last",))], now=0.0)
    evidence.add([pod(uid="new", waiting="ContainerCreating")], now=2.0)
    (report,) = evidence.reports()
    assert (report.cause, report.pod.log) == ("out of memory", ("last",))
