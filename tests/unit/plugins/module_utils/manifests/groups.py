"""Sample parameters of serving_group, as Ansible hands them over."""

from __future__ import annotations

from typing import Any

LAB: dict[str, Any] = {
    "name": "smollm2",
    "namespace": "serving",
    "replicas": 1,
    "ranks": [
        {"rank": 1, "host": "node2", "gpus": []},
        {"rank": 0, "host": "node1", "gpus": []},
    ],
    "image": "docker.io/lmsysorg/sglang:v1-cpu",
    "served_model_name": "smollm2-135m-instruct",
    "model_path": "/var/lib/baremetal-sglang/models/smollm2-135m-instruct",
    "model_mount_path": None,
    "arguments": ["--device", "cpu", "--pp-size", "2"],
    "environment": {"GLOO_SOCKET_IFNAME": "eth0", "HF_HUB_OFFLINE": 1},
    "resources": {"cpu": "1", "memory_gib": 4, "rdma": ""},
    "ports": {"serving": 30000, "distributed": 20000},
    "shared_memory_mib": 512,
    "startup_seconds": 900,
    "cache_path": "",
    "termination_grace_seconds": 30,
    "node_port": 30080,
    "exclusive_topology": "",
    "weights_volume": "host_path",
}

H100: dict[str, Any] = {
    **LAB,
    "name": "deepseek-r1",
    "replicas": 2,
    "ranks": [
        {"rank": rank, "host": f"gpu-0{rank}.example.net", "gpus": [0, 1, 2, 3, 4, 5, 6, 7]}
        for rank in range(3)
    ],
    "image": "docker.io/lmsysorg/sglang@sha256:" + "a" * 64,
    "served_model_name": "deepseek-ai/DeepSeek-R1",
    "model_path": "/var/lib/baremetal-sglang/models/deepseek-r1",
    "arguments": ["--tp-size", "8", "--chat-template", "costs $(HOME)$5"],
    "environment": {
        "NCCL_IB_GID_INDEX": "3",
        "HOME": "/cache",
        "TRITON_CACHE_DIR": "/var/cache/sglang/triton",
    },
    "resources": {"cpu": "32", "memory_gib": 512, "rdma": "rdma/hca"},
    "shared_memory_mib": 32768,
    "startup_seconds": 1801,
    "cache_path": "/var/lib/baremetal-sglang/cache/sglang-v1",
    "termination_grace_seconds": 120,
    "node_port": 0,
}

CLAIMED: dict[str, Any] = {**H100, "weights_volume": "local_volume", "cache_path": ""}

SINGLE: dict[str, Any] = {
    **LAB,
    "name": "single",
    "ranks": [{"rank": 0, "host": "node1", "gpus": None}],
    "model_mount_path": "/weights",
    "arguments": [],
    "environment": {},
}
