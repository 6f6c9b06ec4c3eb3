"""Local volumes of the weights against a real API server, made and pruned by role sglang.

Where volumes bind, the real controllers bind them; no kubelet mounts anything here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.model_volumes import (
    planned_volumes,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    leader_worker_set,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan

from lab.crowds.api import ControlPlane
from lab.crowds.programs import controller_manager
from tests.integration.control_plane import control_plane, running
from tests.plans import group_specs, plan

ROOT = Path(__file__).resolve().parents[2]
PATH = "/var/lib/baremetal-sglang/models/llama"
BINDERS = (
    "persistentvolume-binder-controller,persistentvolume-protection-controller,"
    "persistentvolumeclaim-protection-controller"
)
COLLECTIONS = {
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
    "PersistentVolume": "/api/v1/persistentvolumes",
    "PersistentVolumeClaim": "/api/v1/namespaces/{0}/persistentvolumeclaims",
}


@pytest.fixture(scope="module")
def binding_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane whose controllers bind claims to volumes."""
    directory = tmp_path_factory.mktemp("binding")
    with (
        control_plane(directory) as plane,
        running(controller_manager(plane, BINDERS), directory),
    ):
        yield plane


def role(plane: ControlPlane, directory: Path, tasks: str, **changes: str) -> str:
    """Run tasks of role sglang for the plan two-groups; returns Ansible's closing line."""
    variables = {
        "sglang_plan": plan("two-groups"),
        "sglang_namespace": "serving",
        "sglang_model_path": PATH,
        "sglang_kubeconfig": str(plane.kubeconfig),
        "sglang_weights_volume": "local_volume",
        "ansible_python_interpreter": sys.executable,
        **changes,
    }
    include = {"name": "baremetal.sglang.sglang", "tasks_from": tasks}
    play = {
        "name": "Volumes",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": variables,
        "tasks": [{"name": "Volumes", "ansible.builtin.include_role": include}],
    }
    book = directory / "play.yml"
    book.write_text(json.dumps([play]))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", str(book)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith("localhost"))


def found(plane: ControlPlane, kind: str) -> dict[str, Any]:
    items = plane.request("GET", COLLECTIONS[kind].format("serving"))["items"]
    return {item["metadata"]["name"]: item for item in items}


def wait_for(plane: ControlPlane, kind: str, phase: str, *, name: str = "") -> None:
    """Wait until all objects of a kind, or the one of a name, are in a phase."""
    clock = Clock()
    begin = clock.now()
    while True:
        items = found(plane, kind)
        phases = {each: items[each]["status"]["phase"] for each in ([name] if name else items)}
        if set(phases.values()) == {phase}:
            return
        assert clock.now() - begin < 60, phases
        clock.sleep(0.5)


def test_every_object_is_accepted_with_no_field_unknown(
    bare_plane: ControlPlane, namespace: str
) -> None:
    for obj in planned_volumes(parse_plan(plan("stage3")), namespace=namespace, path=PATH):
        path = COLLECTIONS[obj["kind"]].format(namespace)
        stored = bare_plane.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", obj)
        assert stored["metadata"]["name"] == obj["metadata"]["name"]


@pytest.mark.parametrize(
    ("volume", "refusal"), [("host_path", "hostPath volumes (volume"), ("local_volume", "")]
)
def test_a_namespace_that_enforces_baseline_takes_claims_and_no_directory_of_the_host(
    bare_plane: ControlPlane, namespace: str, volume: str, refusal: str
) -> None:
    enforce = {"pod-security.kubernetes.io/enforce": "baseline"}
    labels = {"metadata": {"labels": enforce}}
    bare_plane.request("PATCH", f"/api/v1/namespaces/{namespace}", labels)
    spec = group_specs(plan("two-groups"), namespace, weights_volume=volume, cache_path="")[0]
    template = leader_worker_set(spec)["spec"]["leaderWorkerTemplate"]["leaderTemplate"]
    pod = {"metadata": {"name": "asked"}, "spec": template["spec"]}
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    if refusal:
        with pytest.raises(HTTPError) as refused:
            bare_plane.request("POST", path, pod)
        assert refusal in refused.value.read().decode()
    else:
        assert bare_plane.request("POST", path, pod)["metadata"]["name"] == "asked"


def test_volumes_are_made_bound_mended_and_pruned(
    binding_plane: ControlPlane, tmp_path: Path
) -> None:
    plane = binding_plane
    plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": "serving"}})
    assert "changed=1 " in role(plane, tmp_path, "volumes.yml")
    wait_for(plane, "PersistentVolumeClaim", "Bound")
    claims = found(plane, "PersistentVolumeClaim")
    volumes = found(plane, "PersistentVolume")
    assert len(claims) == len(volumes) == 8
    assert {claim["spec"]["volumeName"] for claim in claims.values()} == set(volumes)
    assert "changed=0 " in role(plane, tmp_path, "volumes.yml")
    assert "changed=0 " in role(plane, tmp_path, "prune_volumes.yml")

    # A claim that somebody deletes leaves its volume Released, which takes no other claim.
    lost = sorted(claims)[0]
    path = COLLECTIONS["PersistentVolumeClaim"].format("serving")
    plane.request("DELETE", f"{path}/{lost}")
    released = claims[lost]["spec"]["volumeName"]
    wait_for(plane, "PersistentVolume", "Released", name=released)
    role(plane, tmp_path, "volumes.yml")
    wait_for(plane, "PersistentVolumeClaim", "Bound")
    wait_for(plane, "PersistentVolume", "Bound")
    assert set(found(plane, "PersistentVolumeClaim")) == set(claims)

    foreign = {"metadata": {"name": "of-a-person"}, "provisioner": "example.org/none"}
    plane.request("POST", COLLECTIONS["StorageClass"], foreign)
    role(plane, tmp_path, "prune_volumes.yml", sglang_model_path="/srv/other")
    assert found(plane, "PersistentVolume") == {}
    assert set(found(plane, "StorageClass")) == {"model-storage", "of-a-person"}
    role(plane, tmp_path, "prune_volumes.yml", sglang_weights_volume="host_path")
    assert set(found(plane, "StorageClass")) == {"of-a-person"}
    last = role(plane, tmp_path, "prune_volumes.yml", sglang_weights_volume="host_path")
    assert "changed=0 " in last
