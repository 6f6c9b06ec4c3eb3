"""The real scheduler, StatefulSet controller and LeaderWorkerSet beside a test's API server.

Only the kubelet is played: nodes are objects, and C(Kubelet) writes what one would write.
"""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock

from tests.integration.control_plane import (
    ControlPlane,
    free_port,
    part,
    running,
)

WEBHOOKS = "files/chart/templates/webhook/webhook.yaml"
CONTROLLERS = "statefulset-controller,garbage-collector-controller"


@contextmanager
def controllers(plane: ControlPlane, directory: Path) -> Iterator[None]:
    """Run what turns a LeaderWorkerSet into scheduled pods."""
    kubernetes, port = part("kubernetes") / "bin", free_port()
    _certificate(directory)
    settings = directory / "leaderworkerset.yml"
    settings.write_text(yaml.safe_dump(_settings(directory, port)), encoding="utf-8")
    commands = {
        "kube-scheduler": [
            *(str(kubernetes / "kube-scheduler"), f"--kubeconfig={plane.kubeconfig}"),
            *("--leader-elect=false", "--secure-port=0"),
        ],
        "kube-controller-manager": [
            *(str(kubernetes / "kube-controller-manager"), f"--kubeconfig={plane.kubeconfig}"),
            *("--leader-elect=false", "--secure-port=0", f"--controllers={CONTROLLERS}"),
        ],
        "leaderworkerset": [
            str(part("leaderworkerset") / "bin/manager"),
            *(f"--kubeconfig={plane.kubeconfig}", f"--config={settings}"),
        ],
    }
    with ExitStack() as stack:
        for name, command in commands.items():
            stack.enter_context(running(name, command, directory))
        _install_webhooks(plane, directory, port)
        yield


def _settings(directory: Path, port: int) -> dict[str, Any]:
    return {
        "apiVersion": "config.lws.x-k8s.io/v1alpha1",
        "kind": "Configuration",
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "health": {"healthProbeBindAddress": "127.0.0.1:0"},
        "metrics": {"bindAddress": "0"},
        "webhook": {"host": "127.0.0.1", "port": port, "certDir": str(directory)},
    }


def _certificate(directory: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(directory / "tls.key"), "-out", str(directory / "tls.crt")),
        ],
        check=True,
        capture_output=True,
    )


def _install_webhooks(plane: ControlPlane, directory: Path, port: int) -> None:
    """The chart's own webhooks, reached by address instead of through a Service."""
    text = (part("leaderworkerset") / WEBHOOKS).read_text(encoding="utf-8")
    plain = "\n".join(line for line in text.splitlines() if "{{-" not in line)
    authority = base64.b64encode((directory / "tls.crt").read_bytes()).decode()
    for configuration in yaml.safe_load_all(plain.replace("{{ .Release.Namespace }}", "x")):
        for webhook in configuration["webhooks"]:
            path = webhook["clientConfig"]["service"]["path"]
            webhook["clientConfig"] = {
                "url": f"https://127.0.0.1:{port}{path}",
                "caBundle": authority,
            }
        kind = configuration["kind"].lower() + "s"
        plane.request("POST", f"/apis/admissionregistration.k8s.io/v1/{kind}", configuration)


def add_node(plane: ControlPlane, name: str, *, memory: str = "8Gi") -> None:
    """A node that is Ready, with 4 CPUs."""
    labels = {"kubernetes.io/hostname": name}
    plane.request("POST", "/api/v1/nodes", {"metadata": {"name": name, "labels": labels}})
    room = {"cpu": "4", "memory": memory, "pods": "20"}
    ready = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
    status = {"capacity": room, "allocatable": room, "conditions": ready}
    plane.request("PATCH", f"/api/v1/nodes/{name}/status", {"status": status})
    plane.request("PATCH", f"/api/v1/nodes/{name}", {"spec": {"taints": None}})


@dataclass
class Kubelet(Clock):
    """A clock that plays the kubelets whenever somebody sleeps.

    C(speed) is how many seconds of the waiting pass for each real one; C(outcomes) maps a pod's
    name to the container status it gets instead of becoming ready.
    """

    plane: ControlPlane
    namespace: str
    speed: float = 4.0
    outcomes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    passed: float = 0.0

    def now(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)
        self.passed += seconds
        for pod in self.pods():
            self._play(pod)

    def pods(self) -> list[dict[str, Any]]:
        """The namespace's pods as the API server has them."""
        found = self.plane.request("GET", f"/api/v1/namespaces/{self.namespace}/pods")
        items: list[dict[str, Any]] = found["items"]
        return items

    def _play(self, pod: Mapping[str, Any]) -> None:
        name, path = pod["metadata"]["name"], f"/api/v1/namespaces/{self.namespace}/pods"
        if not pod["spec"].get("nodeName"):
            return
        try:
            if pod["metadata"].get("deletionTimestamp"):
                self.plane.request("DELETE", f"{path}/{name}?gracePeriodSeconds=0")
            else:
                status = {"status": self._status(name)}
                self.plane.request("PATCH", f"{path}/{name}/status", status)
        except HTTPError as error:
            if error.code not in (404, 409):  # the pod went away, or another wrote it meanwhile
                raise

    def _status(self, name: str) -> dict[str, Any]:
        engine = {"name": "engine", "image": "x", "imageID": "", "restartCount": 0}
        if name in self.outcomes:
            state = {**engine, "ready": False, **self.outcomes[name]}
            return {"phase": "Pending", "containerStatuses": [state]}
        return {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [
                {**engine, "ready": True, "state": {"running": {"startedAt": None}}}
            ],
        }
