"""The engine's greedy tokens are those of transformers: same weights, same dtype, same image."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from tests.e2e.rehearsal import ENDPOINT, SITE
from tests.lab_driver import Run
from tests.plans import lab_plan

QUESTIONS = (
    "What is the capital of France?",
    "Name three colours.",
    "What do bees make?",
    "How many days has a week?",
    "Which planet do we live on?",
)
MAX_NEW_TOKENS = 24
POD = "reference"


def reference_pod(image: str, host: str, model_path: str) -> dict[str, Any]:
    script = (Path(__file__).parent / "reference.py").read_text()
    return {
        "metadata": {"name": POD},
        "spec": {
            "nodeName": host,
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": POD,
                    "image": image,
                    "command": ["python3", "-c", script, "/model", str(MAX_NEW_TOKENS)],
                    "args": list(QUESTIONS),
                    "env": [{"name": "HOME", "value": "/tmp"}],
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "model", "mountPath": "/model", "readOnly": True}],
                }
            ],
            "volumes": [{"name": "model", "hostPath": {"path": model_path, "type": "Directory"}}],
        },
    }


@pytest.fixture(scope="module")
def reference(served: Run) -> list[dict[str, list[int]]]:
    """What transformers answers, from a pod with the engine's image on a serving host."""
    config.load_kube_config(str(SITE.artifacts / "kubeconfig"))
    api = client.CoreV1Api()
    leader = SITE.kubectl(
        "get",
        "pods",
        "--namespace=serving",
        "--selector=leaderworkerset.sigs.k8s.io/worker-index=0",
    )["items"][0]
    image = leader["spec"]["containers"][0]["image"]
    path = f"/var/lib/baremetal-sglang/models/{lab_plan()['model']['name']}"
    api.create_namespaced_pod("default", reference_pod(image, leader["spec"]["nodeName"], path))
    try:
        deadline = time.monotonic() + 300
        phase = ""
        while phase not in ("Succeeded", "Failed"):
            assert time.monotonic() < deadline, phase
            time.sleep(2)
            phase = api.read_namespaced_pod(POD, "default").status.phase
        log = api.read_namespaced_pod_log(POD, "default")
        assert phase == "Succeeded", log
        return [json.loads(line) for line in log.splitlines() if line.startswith('{"prompt"')]
    finally:
        api.delete_namespaced_pod(POD, "default", grace_period_seconds=0)


def engine_tokens(prompt: list[int]) -> list[int]:
    body = {
        "input_ids": prompt,
        "sampling_params": {"temperature": 0, "max_new_tokens": MAX_NEW_TOKENS},
    }
    request = urllib.request.Request(
        f"{ENDPOINT}/generate",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        content = json.load(answer)
    return [int(token) for token in content["output_ids"]]


def test_greedy_tokens_equal_those_of_transformers(
    reference: list[dict[str, list[int]]],
) -> None:
    assert len(reference) == len(QUESTIONS)
    for question, expected in zip(QUESTIONS, reference, strict=True):
        tokens = engine_tokens(expected["prompt"])
        # The engine reports the end-of-sequence token as its last; a completion leaves it out.
        assert tokens[: len(expected["completion"])] == expected["completion"], question
        assert len(tokens) - len(expected["completion"]) in (0, 1), question
