"""Views of pods and messages as real nodes write them."""

from __future__ import annotations

from typing import Any

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
CORRUPT = (
    'failed to pull and unpack image "docker.io/lmsysorg/sglang:v9": failed commit on ref '
    '"layer-sha256:84941c08b30e": unexpected commit digest sha256:3feb9cc9086c, expected '
    "sha256:84941c08b30e: failed precondition"
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
        "incarnation": 0,
    }
    return PodView(**{**values, **seen})


def reports(*pods: PodView) -> list[RankReport]:
    evidence = Evidence()
    evidence.add(pods, now=0.0)
    return evidence.reports()
