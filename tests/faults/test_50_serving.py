"""Six real failures of a serving group, each with its own cause and fix.

They run beside the group that serves, in a namespace of their own: real kubelets, the real engine
image, the real weights.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.serving_group import (
    GroupNotReadyError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import serving_group
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from tests.lab_driver import ROOT, Site
from tests.plans import lab_plan

PLAN = lab_plan()
PARTS = yaml.safe_load((ROOT / "catalogue" / "parts.yml").read_text(encoding="utf-8"))
ENGINE = PARTS["catalogue_parts"][PLAN["engine"]["part"]]
MODELS = "/var/lib/baremetal-sglang/models"
NAMESPACE = "failures"
DEADLINE_SECONDS = 600


@pytest.fixture(scope="module")
def kubeconfig(site: Site) -> Iterator[str]:
    """The way to the cluster, where a namespace is there for the tests only."""
    path = str(site.artifacts / "kubeconfig")
    config.load_kube_config(path)
    api = client.CoreV1Api()
    body = client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE))
    try:
        api.create_namespace(body)
    except ApiException as error:
        if error.status != 409:
            raise
    yield path
    api.delete_namespace(NAMESPACE)


def operate(kubeconfig: str, **changes: Any) -> dict[str, Any]:
    """Run the module with the lab's plan and one thing changed."""
    asked = {
        "kubeconfig": kubeconfig,
        "name": "failing",
        "namespace": NAMESPACE,
        "image": f"{ENGINE['image']}:{ENGINE['tag']}",
        "served_model_name": PLAN["model"]["name"],
        "model_path": f"{MODELS}/{PLAN['model']['name']}",
        "ranks": PLAN["groups"][0]["ranks"],
        "arguments": PLAN["arguments"],
        "environment": PLAN["environment"],
        "resources": {"cpu": "100m", "memory_gib": PLAN["resources"]["memory_gib"]},
        "shared_memory_mib": 256,
        "termination_grace_seconds": 5,
        "wait_timeout": DEADLINE_SECONDS,
        **changes,
    }
    checked = ArgumentSpecValidator(serving_group.ARGUMENTS).validate(asked)
    assert checked.error_messages == []
    request = Request(checked.validated_parameters, check_mode=False, diff_mode=False)
    return dict(serving_group.operate(request).result)


@pytest.fixture(autouse=True)
def clean(kubeconfig: str) -> Iterator[None]:
    """The group is gone after each test."""
    yield
    operate(kubeconfig, state="absent")


ONE_RANK = [{"rank": 0, "host": "node1"}]
STAGES = PLAN["arguments"].index("--pp-size") + 1
ALONE = [*PLAN["arguments"][:STAGES], "1", *PLAN["arguments"][STAGES + 1 :]]


@pytest.mark.parametrize(
    ("changes", "cause", "found", "fix"),
    [
        pytest.param(
            {"image": f"{ENGINE['image']}:v0-absent"},
            "image missing",
            f"image {ENGINE['image']}:v0-absent",
            "correct image",
            id="image-missing",
        ),
        pytest.param(
            {"model_path": f"{MODELS}/absent"},
            "weights path wrong",
            f"the weights directory {MODELS}/absent does not exist on this node",
            "correct model_path",
            id="weights-path-wrong",
        ),
        pytest.param(
            {
                "resources": {"cpu": "100m", "memory_gib": 1},
                "ranks": ONE_RANK,
                "arguments": ALONE,
            },
            "out of memory",
            "killed",
            "raise resources.memory_gib",
            id="out-of-memory",
        ),
        pytest.param(
            {"resources": {"cpu": "100m", "memory_gib": 4096}},
            "unschedulable",
            "no planned host has room",
            "Insufficient memory: lower resources",
            id="unschedulable",
        ),
        pytest.param(
            {"environment": {**PLAN["environment"], "GLOO_SOCKET_IFNAME": "eth9"}},
            "wrong Gloo interface",
            "GLOO_SOCKET_IFNAME names eth9",
            "set GLOO_SOCKET_IFNAME in environment",
            id="wrong-gloo-interface",
        ),
        pytest.param(
            {"ranks": ONE_RANK, "arguments": [*ALONE, "--nccl-port", "30000"]},
            "port taken",
            "30000",
            "choose other ports.serving and ports.distributed",
            id="port-taken",
        ),
    ],
)
def test_failure_is_told_with_its_own_cause_and_fix(
    kubeconfig: str, changes: dict[str, Any], cause: str, found: str, fix: str
) -> None:
    begin = time.monotonic()
    with pytest.raises(GroupNotReadyError, match="will not become ready") as failed:
        operate(kubeconfig, **changes)
    print(f"\nafter {time.monotonic() - begin:.0f} s: {failed.value}")
    origin = failed.value.details["ranks"][0]
    assert origin["cause"] == cause
    assert found in origin["found"]
    assert origin["fix"].startswith(fix)
    assert time.monotonic() - begin < DEADLINE_SECONDS
