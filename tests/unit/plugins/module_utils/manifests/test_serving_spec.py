from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    Resources,
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Rank

from .groups import H100, LAB, SINGLE


def faults(**changes: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        ServingGroupSpec.parse({**LAB, **changes})
    found: list[str] = refused.value.details["faults"]
    return found


def test_parameters_become_a_spec_with_ranks_in_order() -> None:
    assert ServingGroupSpec.parse(LAB) == ServingGroupSpec(
        name="smollm2",
        namespace="serving",
        replicas=1,
        ranks=(Rank(0, "node1", ()), Rank(1, "node2", ())),
        image="docker.io/lmsysorg/sglang:v1-cpu",
        served_model_name="smollm2-135m-instruct",
        model_path="/var/lib/baremetal-sglang/models/smollm2-135m-instruct",
        model_mount_path="/models/smollm2-135m-instruct",
        arguments=("--device", "cpu", "--pp-size", "2"),
        environment=(("GLOO_SOCKET_IFNAME", "eth0"), ("HF_HUB_OFFLINE", "1")),
        resources=Resources("1", 4, 0, ""),
        serving_port=30000,
        distributed_port=20000,
        shared_memory_mib=512,
        startup_seconds=900,
        cache_path="",
        termination_grace_seconds=30,
        node_port=30080,
        exclusive_topology="",
        weights_volume="host_path",
    )


def test_gpus_of_a_rank_are_counted_from_its_indexes() -> None:
    assert ServingGroupSpec.parse(H100).resources.gpus == 8
    assert ServingGroupSpec.parse(SINGLE).resources.gpus == 0


@pytest.mark.parametrize(
    "image",
    [
        "registry.example:5000/sglang:v1",
        "sglang:v1",
        "docker.io/lmsysorg/sglang:v1@sha256:" + "0" * 64,
        "docker.io/lmsysorg/sglang@sha256:" + "0" * 64,
    ],
)
def test_image_with_fixed_tag_or_digest_is_accepted(image: str) -> None:
    assert ServingGroupSpec.parse({**LAB, "image": image}).image == image


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        (
            "docker.io/lmsysorg/sglang",
            "image: found 'docker.io/lmsysorg/sglang' with the floating tag 'latest', needed a "
            "fixed version tag or a digest; name the version you tested",
        ),
        (
            "registry.example:5000/sglang",
            "image: found 'registry.example:5000/sglang' with the floating tag 'latest', needed a "
            "fixed version tag or a digest; name the version you tested",
        ),
        (
            "sglang:Latest",
            "image: found 'sglang:Latest' with the floating tag 'Latest', needed a fixed version "
            "tag or a digest; name the version you tested",
        ),
        (
            "SGLANG:v1",
            "image: 'SGLANG:v1' is not an image reference (registry/name:tag or name@sha256:...)",
        ),
        ("", "image: '' is not an image reference (registry/name:tag or name@sha256:...)"),
    ],
)
def test_floating_or_malformed_image_is_refused(image: str, fault: str) -> None:
    assert faults(image=image) == [fault]


def rank(number: int, host: str, gpus: int = 0) -> dict[str, Any]:
    return {"rank": number, "host": host, "gpus": list(range(gpus))}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"name": "Smol"},
            [
                "name: found 'Smol', needed lower case letters, digits and '-', beginning with a "
                "letter, at most 45 characters"
            ],
        ),
        (
            {"name": "a" * 46},
            [
                f"name: found '{'a' * 46}', needed lower case letters, digits and '-', beginning "
                "with a letter, at most 45 characters"
            ],
        ),
        (
            {"namespace": "a.b"},
            ["namespace: found 'a.b', needed the name of a Kubernetes namespace"],
        ),
        ({"replicas": -1}, ["replicas: found -1, needed 0 or more"]),
        ({"startup_seconds": 0}, ["startup_seconds: found 0, needed 1 or more seconds"]),
        (
            {"termination_grace_seconds": -5},
            ["termination_grace_seconds: found -5, needed 1 or more seconds"],
        ),
        ({"ranks": []}, ["ranks: found none, needed at least rank 0 with its host"]),
        (
            {"ranks": [rank(0, "a"), rank(2, "b")]},
            ["ranks: found ranks [0, 2], needed [0, 1], each once"],
        ),
        (
            {"ranks": [rank(0, "a"), rank(1, "a")]},
            ["ranks: host a is named 2 times, needed one rank a host"],
        ),
        (
            {"ranks": [rank(0, "Node_1")]},
            ["ranks: host 'Node_1' cannot be a node's kubernetes.io/hostname label"],
        ),
        (
            {"ranks": [rank(0, "a", 8), rank(1, "b", 4)]},
            ["ranks: found GPUs a rank {0: 8, 1: 4}, needed the same number for every rank"],
        ),
        (
            {"model_path": "models/x"},
            [
                "model_path: found 'models/x', needed an absolute directory below / without '..'",
            ],
        ),
        (
            {"model_path": "/", "model_mount_path": "/models/../etc"},
            [
                "model_mount_path: found '/models/../etc', needed an absolute directory below / "
                "without '..'",
                "model_path: found '/', needed an absolute directory below / without '..'",
            ],
        ),
        (
            {"cache_path": "kernels"},
            ["cache_path: found 'kernels', needed an absolute directory below / without '..'"],
        ),
        (
            {"served_model_name": "a b"},
            [
                "served_model_name: found 'a b', needed letters, digits and '._/-', beginning "
                "with a letter or digit"
            ],
        ),
        (
            {"resources": {"cpu": "two", "memory_gib": 4, "rdma": ""}},
            ["resources.cpu: found 'two', needed a quantity as '4', '0.5' or '500m'"],
        ),
        (
            {"resources": {"cpu": "0.0", "memory_gib": 4, "rdma": ""}},
            ["resources.cpu: found '0.0', needed a quantity as '4', '0.5' or '500m'"],
        ),
        (
            {"resources": {"cpu": "1", "memory_gib": 4, "rdma": "hca"}},
            [
                "resources.rdma: found 'hca', needed the resource of an RDMA device plugin, such "
                "as rdma/hca"
            ],
        ),
        (
            {"resources": {"cpu": "500m", "memory_gib": 0, "rdma": ""}},
            ["resources.memory_gib: found 0, needed 1 GiB or more"],
        ),
        (
            {"shared_memory_mib": 4096},
            [
                "shared_memory_mib: found 4096, needed 64 or more and less than "
                "resources.memory_gib (4096 MiB), of which it is a part"
            ],
        ),
        (
            {"ports": {"serving": 80, "distributed": 20000}},
            ["ports.serving: found 80, needed 1024 to 65535 (the engine is not root)"],
        ),
        (
            {"ports": {"serving": 20013, "distributed": 20000}},
            ["ports: serving 20013 lies in 20000 to 20013, which the engine may use for itself"],
        ),
        (
            {"exclusive_topology": "rack/"},
            [
                "exclusive_topology: found 'rack/', needed the name of a label such as "
                "sglang.baremetal.io/rack"
            ],
        ),
        (
            {"exclusive_topology": "sglang.baremetal.io/rack", "replicas": 2},
            [
                "exclusive_topology: found 2 replicas, needed 1: each replica would want the same "
                "hosts for itself"
            ],
        ),
        ({"node_port": 80}, ["node_port: found 80, needed 0 (none) or 30000 to 32767"]),
        (
            {"arguments": ["--port=1", "--dist-init", "x:1"]},
            [
                "arguments: --dist-init is set by the group itself; use ports.distributed",
                "arguments: --port is set by the group itself; use ports.serving",
            ],
        ),
        (
            {"arguments": ["--api-key", "secret"]},
            [
                "arguments: --api-key would stand readable in every pod, diff and log; leave it "
                "out",
            ],
        ),
        (
            {"environment": {"A-B": "1", "SGLANG_HOST_IP": "::1"}},
            [
                "environment: 'A-B' is not a variable name",
                "environment: SGLANG_HOST_IP is set by the group itself; leave it out",
            ],
        ),
    ],
)
def test_fault_says_what_was_found_and_needed(changes: dict[str, Any], expected: list[str]) -> None:
    assert faults(**changes) == expected


def test_every_fault_is_reported_in_one_error() -> None:
    found = faults(name="X", image="a:latest", ranks=[], node_port=1, arguments=["--host", "::"])
    assert [line.split(":")[0] for line in found] == [
        "arguments",
        "image",
        "name",
        "node_port",
        "ranks",
    ]


@pytest.mark.parametrize("argument", ["--tp-size", "2", "-1", "--hostile", "--portion=1"])
def test_argument_that_only_resembles_an_own_one_is_accepted(argument: str) -> None:
    assert ServingGroupSpec.parse({**LAB, "arguments": [argument]}).arguments == (argument,)


def test_required_parameter_that_is_null_is_a_fault() -> None:
    assert faults(image=None, resources=None) == [
        "image: found nothing, needed a value",
        "resources: found nothing, needed a value",
    ]
