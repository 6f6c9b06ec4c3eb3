"""The router's objects against a real API server, made and removed by role sglang.

No controller makes pods here: a Deployment's status is written by the test, in the place of the
Deployment controller and the kubelets.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router import (
    router_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router_spec import (
    RouterSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan

from lab.crowds.api import ControlPlane
from tests.integration.role import closing, run
from tests.plans import plan

KINDS = {
    "Service": "/api/v1/namespaces/{0}/services",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{0}/poddisruptionbudgets",
    "Deployment": "/apis/apps/v1/namespaces/{0}/deployments",
}
SECRET = "/api/v1/namespaces/{0}/secrets/router-keys"  # noqa: S105  a path
READY = {"type": "Available", "status": "True", "reason": "Written", "message": "by the test"}
KEY = "a-key-of-the-test"


def objects(namespace: str, node_port: int = 0) -> list[dict[str, Any]]:
    spec = RouterSpec.of_plan(
        parse_plan(plan("two-groups")),
        namespace=namespace,
        image="docker.io/lightseekorg/smg:1",
        replicas=2,
        node_port=node_port,
    )
    return router_objects(spec)


def sglang(
    plane: ControlPlane,
    directory: Path,
    namespace: str,
    tasks: str,
    *options: str,
    **changes: Any,
) -> str:
    given = {
        "sglang_plan": plan("two-groups"),
        "sglang_namespace": namespace,
        "sglang_kubeconfig": str(plane.kubeconfig),
        "sglang_router_image": "docker.io/lightseekorg/smg:1",
        "sglang_router_replicas": 2,
        "sglang_node_port": 0,
        "sglang_timeout_seconds": 60,
        **changes,
    }
    return run(directory, "sglang", tasks, *options, **given)


@contextmanager
def becoming_ready(plane: ControlPlane, namespace: str) -> Iterator[None]:
    """Write that the Deployment's pods are ready, once it is there and again when it changes."""
    ended = threading.Event()
    path = f"{KINDS['Deployment'].format(namespace)}/router"

    def write() -> None:
        while not ended.wait(0.3):
            try:
                deployment = plane.request("GET", path)
                replicas = deployment["spec"]["replicas"]
                counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
                deployment["status"] = {
                    "observedGeneration": deployment["metadata"]["generation"],
                    "conditions": [READY],
                    **dict.fromkeys(counts, replicas),
                }
                plane.request("PUT", f"{path}/status", deployment)
            except HTTPError:  # not there yet, or changed meanwhile
                continue

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


def names(plane: ControlPlane, namespace: str) -> dict[str, list[str]]:
    return {
        kind: [
            item["metadata"]["name"]
            for item in plane.request("GET", path.format(namespace))["items"]
        ]
        for kind, path in KINDS.items()
    }


@pytest.mark.parametrize("node_port", [0, 30081])
def test_every_object_is_accepted_with_no_field_unknown(
    bare_plane: ControlPlane, namespace: str, node_port: int
) -> None:
    for obj in objects(namespace, node_port):
        path = KINDS[obj["kind"]].format(namespace)
        stored = bare_plane.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", obj)
        assert stored["metadata"]["name"] == "router"


def test_a_namespace_that_enforces_restricted_takes_the_pod(
    bare_plane: ControlPlane, namespace: str
) -> None:
    enforce = {"pod-security.kubernetes.io/enforce": "restricted"}
    bare_plane.request(
        "PATCH", f"/api/v1/namespaces/{namespace}", {"metadata": {"labels": enforce}}
    )
    template = objects(namespace)[-1]["spec"]["template"]
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    pod = {"metadata": {"name": "asked"}, "spec": template["spec"]}
    assert bare_plane.request("POST", path, pod)["metadata"]["name"] == "asked"
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    with pytest.raises(HTTPError) as refused:
        bare_plane.request("POST", path, pod)
    assert "allowPrivilegeEscalation != false" in refused.value.read().decode()


def test_the_role_makes_keys_once_and_prints_them_never(
    bare_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    plane = bare_plane
    checked = sglang(plane, tmp_path, namespace, "router.yml", "--check")
    assert "failed=0 " in closing(checked), checked
    assert names(plane, namespace) == {kind: [] for kind in KINDS}
    with becoming_ready(plane, namespace):
        first = sglang(plane, tmp_path, namespace, "router.yml")
        assert "failed=0 " in closing(first), first
        assert "changed=2 " in closing(first)
        secret = plane.request("GET", SECRET.format(namespace))
        again = sglang(plane, tmp_path, namespace, "router.yml")
        assert "changed=0 " in closing(again), again
        more = sglang(plane, tmp_path, namespace, "router.yml", sglang_router_replicas=3)
        assert "changed=1 " in closing(more), more
    assert plane.request("GET", SECRET.format(namespace)) == secret
    (name,) = secret["data"]
    encoded = secret["data"][name]
    key = base64.b64decode(encoded).decode()
    assert (name, len(key)) == ("default", 43)
    for printed in (first, again, more):
        assert key not in printed
        assert encoded not in printed


def test_other_keys_replace_the_routers(
    bare_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    plane, path = bare_plane, SECRET.format(namespace)
    with becoming_ready(plane, namespace):
        sglang(plane, tmp_path, namespace, "router.yml")
        plane.request("PATCH", path, {"stringData": {"tenant": KEY}})
        rotated = sglang(plane, tmp_path, namespace, "router.yml")
        assert "changed=1 " in closing(rotated), rotated
        again = sglang(plane, tmp_path, namespace, "router.yml")
        assert "changed=0 " in closing(again), again
    deployment = plane.request("GET", f"{KINDS['Deployment'].format(namespace)}/router")
    read = deployment["spec"]["template"]["metadata"]["annotations"]
    secret = plane.request("GET", path)
    assert read == {"sglang.baremetal.io/keys-version": secret["metadata"]["resourceVersion"]}
    assert sorted(secret["data"]) == ["default", "tenant"]


def test_a_group_keeps_its_port_while_no_router_is_ready(
    plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    services = KINDS["Service"].format(namespace)
    name = f"{plan('two-groups')['groups'][0]['name']}-endpoint"
    port = {"port": 30000, "nodePort": 30123}
    endpoint = {"metadata": {"name": name}, "spec": {"type": "NodePort", "ports": [port]}}
    plane.request("POST", services, endpoint)
    given = {"sglang_node_port": 30123, "sglang_timeout_seconds": 3}
    stopped = sglang(plane, tmp_path, namespace, "groups.yml", **given)
    assert "failed=1 " in closing(stopped), stopped
    assert "Make the router" in stopped
    assert "Apply the engine group" not in stopped
    assert plane.request("GET", f"{services}/{name}")["spec"]["ports"][0]["nodePort"] == 30123
    assert plane.request("GET", f"{services}/router")["spec"]["type"] == "ClusterIP"
    plane.request("DELETE", f"{services}/{name}")


def test_with_no_replicas_the_role_removes_the_router_and_keeps_the_keys(
    bare_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    plane = bare_plane
    with becoming_ready(plane, namespace):
        sglang(plane, tmp_path, namespace, "router.yml")
    assert names(plane, namespace) == {kind: ["router"] for kind in KINDS}
    foreign = {"metadata": {"name": "of-a-person"}, "spec": {"ports": [{"port": 80}]}}
    plane.request("POST", KINDS["Service"].format(namespace), foreign)
    removed = sglang(plane, tmp_path, namespace, "prune_router.yml", sglang_router_replicas=0)
    assert "changed=1 " in closing(removed), removed
    assert names(plane, namespace) == {
        "Service": ["of-a-person"],
        "PodDisruptionBudget": [],
        "Deployment": [],
    }
    assert plane.request("GET", SECRET.format(namespace))["data"]
    again = sglang(plane, tmp_path, namespace, "prune_router.yml", sglang_router_replicas=0)
    assert "changed=0 " in closing(again), again


class Endpoint(BaseHTTPRequestHandler):
    """In the place of a router: it knows one key, or answers everybody."""

    open_to_all = False

    def do_GET(self) -> None:
        """The models, for everybody, as the router has it."""
        self._send(200, {"object": "list", "data": [{"id": "m"}]})

    def do_POST(self) -> None:
        """An answer in OpenAI's shape, or 401."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] == f"Bearer {KEY}" or self.open_to_all:
            choice = {"message": {"content": "Paris"}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 7, "completion_tokens": 1}
            self._send(200, {"choices": [choice], "usage": usage})
        else:
            self._send(401, {"error": "Invalid API key"})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def ask(plane: ControlPlane, directory: Path, namespace: str, port: int) -> str:
    """Run what role verification asks; gives all that Ansible printed."""
    return run(
        directory,
        "verification",
        "ask.yml",
        verification_plan={"model": {"name": "m"}},
        verification_url=f"http://127.0.0.1:{port}",
        verification_question="What is the capital of France?",
        verification_expected_answer="Paris",
        verification_keys_secret="router-keys",  # noqa: S106  the name of an object
        verification_kubeconfig=str(plane.kubeconfig),
        verification_namespace=namespace,
    )


def test_verification_says_that_the_keys_are_gone(
    bare_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    printed = ask(bare_plane, tmp_path, namespace, 1)
    assert "failed=1 " in closing(printed)
    assert f"Secret {namespace}/router-keys: found none" in printed


@pytest.mark.parametrize("open_to_all", [False, True])
def test_verification_asks_with_a_key_and_refuses_an_endpoint_that_needs_none(
    bare_plane: ControlPlane,
    namespace: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_to_all: bool,
) -> None:
    monkeypatch.setattr(Endpoint, "open_to_all", open_to_all)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = {"metadata": {"name": "router-keys"}, "stringData": {"default": KEY}}
    bare_plane.request("POST", f"/api/v1/namespaces/{namespace}/secrets", secret)
    try:
        printed = ask(bare_plane, tmp_path, namespace, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
    assert ("Status code was 200 and not [401]" in printed) is open_to_all, printed
    assert f"failed={int(open_to_all)} " in closing(printed), printed
    assert KEY not in printed
