"""A crowd as tests see it: apply a plan by the role, and ask where its ranks are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.serving_group import (
    Run,
    present,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.verification.placement import (
    placement,
)
from ansible_collections.baremetal.sglang.plugins.modules import serving_group

from lab.crowds import crowd
from lab.crowds.api import ControlPlane
from lab.crowds.nodes import read_inventory

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(__file__).with_name("serve.yml")
NAMESPACE = "serving"
SCHEDULE_SECONDS = 60
SERVE_SECONDS = 240


@dataclass(frozen=True)
class Crowd:
    """A running crowd."""

    plane: ControlPlane

    def serve(self, plan: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
        """Run role sglang's entry point for groups, as the playbook serve does."""
        variables = {
            "sglang_plan": plan,
            "sglang_image": "docker.io/lmsysorg/sglang:v1",
            "sglang_model_path": "/var/lib/baremetal-sglang/models/model",
            "sglang_namespace": NAMESPACE,
            "sglang_node_port": 30080,
            "sglang_kubeconfig": str(self.plane.kubeconfig),
            "ansible_python_interpreter": sys.executable,
        }
        return subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                *("-i", "localhost,", "--extra-vars", json.dumps(variables)),
                *(*options, str(PLAYBOOK)),
            ],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
            capture_output=True,
            text=True,
            check=False,
            timeout=SERVE_SECONDS,
        )

    def pods(self) -> list[dict[str, Any]]:
        """The pods of all groups."""
        pods = self.plane.request("GET", f"/api/v1/namespaces/{NAMESPACE}/pods")["items"]
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def faults(self, plan: dict[str, Any]) -> list[str]:
        """Where what runs differs from the plan, in the words of phase verify."""
        found: list[str] = placement(self.pods(), plan)["faults"]
        return found

    def racks_of(self, group: str) -> set[str]:
        """Racks of the nodes that a group's pods run on, as the nodes' labels say."""
        racks = {found.name: found.rack for found in crowd.status(self.plane)}
        name = "leaderworkerset.sigs.k8s.io/name"
        return {
            racks[pod["spec"]["nodeName"]]
            for pod in self.pods()
            if pod["metadata"]["labels"][name] == group
        }

    def begin_group(self, name: str, host: str) -> None:
        """Apply a group of one rank without GPUs that the plan knows nothing of."""
        asked = {
            "name": name,
            "namespace": NAMESPACE,
            "image": "docker.io/lmsysorg/sglang:v1",
            "served_model_name": name,
            "model_path": "/srv/model",
            "ranks": [{"rank": 0, "host": host}],
            "resources": {"cpu": "1", "memory_gib": 2},
        }
        checked = ArgumentSpecValidator(serving_group.ARGUMENTS).validate(asked)
        spec = ServingGroupSpec.parse(checked.validated_parameters)
        run = Run(check_mode=False, wait_seconds=None, clock=Clock())
        kubeconfig = str(self.plane.kubeconfig)
        present(lambda: Cluster.connect(kubeconfig=kubeconfig, context=None), spec, run)

    def refusal(self, group: str) -> str:
        """Why the scheduler does not place rank 0 of a group, once it says so."""
        deadline = time.monotonic() + SCHEDULE_SECONDS
        while time.monotonic() < deadline:
            for pod in self.pods():
                for condition in pod["status"].get("conditions", []):
                    ours = pod["metadata"]["name"] == f"{group}-0"
                    if ours and condition["type"] == "PodScheduled":
                        return str(condition.get("message", ""))
            time.sleep(0.2)
        raise TimeoutError(f"the scheduler says nothing of group {group}")


@contextmanager
def running(inventory: str) -> Iterator[Crowd]:
    """The crowd of an inventory until the block ends; one that a person runs is not touched."""
    name = f"test-{inventory}"
    crowd.down(name)
    try:
        yield Crowd(crowd.up(name, read_inventory(ROOT / "inventories" / inventory)))
    finally:
        crowd.down(name)
